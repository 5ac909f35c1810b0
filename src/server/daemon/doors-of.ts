import type { FrontKit } from '../front-kit.js';
import type { HttpFront } from '../net/http-front.js';
import { dflockdDoor } from './dflockd-door.js';
import type { Door } from './door.js';
import type { LockServerOptions, TlsPem } from './options.js';
import type { PortName, ServerSettings } from './settings.js';
import { webDoors } from './web-doors.js';
import type { Endpoints } from './wire/endpoints.js';

/** The ports of a server, with what is spoken there. A front is loaded if it is on. */
export async function doorsOf(
  settings: ServerSettings,
  kit: FrontKit,
  tls: TlsPem | undefined,
  endpoints: Endpoints,
  options: LockServerOptions,
): Promise<Door[]> {
  const dflockd = settings.ports.get('dflockd');
  const fronts = new Map<PortName, HttpFront>();
  if (settings.ports.has('ws')) fronts.set('ws', await nativeFront(kit, settings, options));
  if (settings.ports.has('http')) fronts.set('http', await octostoreFront(kit, options));
  return [
    ...webDoors(settings, kit, tls, endpoints, fronts),
    ...(dflockd === undefined ? [] : [dflockdDoor(dflockd, kit, tls)]),
  ];
}

/** Begins to load the fronts that are on: that takes longer than all else of a start, and need not wait for a disk. */
export function preload({ ports }: ServerSettings): void {
  // Whoever needs it is told if it fails.
  if (ports.has('ws')) import('../native/native-front.js').catch(() => undefined);
  if (ports.has('http')) import('../octostore/octostore-front.js').catch(() => undefined);
}

async function nativeFront(
  kit: FrontKit,
  { fencing }: ServerSettings,
  { origins = [] }: LockServerOptions,
): Promise<HttpFront> {
  const { NativeFront } = await import('../native/native-front.js');
  return new NativeFront(kit, { origins, fencing });
}

async function octostoreFront(kit: FrontKit, { origins, dialect }: LockServerOptions): Promise<HttpFront> {
  const { OctostoreFront } = await import('../octostore/octostore-front.js');
  const maxLocks = Math.min(kit.limits.locks, Number.MAX_SAFE_INTEGER);
  return OctostoreFront.open(kit, { origins, dialect, maxLocks });
}
