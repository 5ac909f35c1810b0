import type { Duration } from '../../contract/time.js';
import { parseDuration } from '../../values/duration.js';
import type { FrontKit } from '../front-kit.js';
import { Ringer } from '../ringer.js';
import type { TokenPrincipals } from '../token-principals.js';
import { showAddress } from './address.js';
import type { OpenDoor } from './door.js';
import type { ListeningAt, LockServer, LockServerStats } from './lock-server.js';
import { reachableHosts } from './reachable-hosts.js';
import type { PortName } from './settings.js';
import type { SelfReport } from './self-report.js';
import type { TlsReader } from './tls-reader.js';
import type { TokenReader } from './token-reader.js';

/** So often it is looked whether anybody holds anything still. Milliseconds. */
const LOOK = 50;

const SCHEMES: Readonly<Record<PortName, string>> = { ws: 'ws', http: 'http', dflockd: 'dflockd', metrics: 'http' };

/** What it is made of. */
export interface Parts {
  readonly kit: FrontKit;
  readonly doors: readonly OpenDoor[];
  readonly tokens: TokenReader;
  /** Undefined: nobody is asked for a token. */
  readonly principals: TokenPrincipals | undefined;
  readonly tls: TlsReader;
  readonly report: SelfReport;
}

/** A server that listens, until it is closed. */
export class RunningServer implements LockServer {
  readonly addresses: LockServer['addresses'];
  /** What is private to the language, `inspect` and JSON show to nobody. */
  readonly #parts: Parts;
  #closing: Promise<void> | undefined = undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const isTls = parts.tls.isOn;
    this.addresses = Object.fromEntries(
      parts.doors.flatMap((open) => open.door.names.map((name) => [name, addressOf(name, open, isTls)])),
    );
    const urls = Object.entries(this.addresses).map(([name, { urls }]) => [name, urls.join(' ')]);
    parts.kit.log.say('info', 'ready', Object.fromEntries(urls) as Record<string, string>);
  }

  stats(): LockServerStats {
    const { core, meters } = this.#parts.kit;
    const connections = [...meters.all].map(([front, one]) => [front, one.connections]);
    return {
      ...core.table.counts,
      connections: Object.fromEntries(connections) as Record<string, number>,
      buffered: core.buffers.bytes,
    };
  }

  async metrics(): Promise<string> {
    const prometheus = await this.#parts.report.metrics();
    return prometheus.text();
  }

  async reload(): Promise<void> {
    const { tokens, principals, tls, doors, kit } = this.#parts;
    try {
      const [list, pem] = await Promise.all([tokens.read(), tls.read()]);
      principals?.replace(list);
      if (pem !== undefined) for (const { listener } of doors) listener.renewTls(pem);
      kit.log.say('info', 'tokens and certificate read again', { tokens: list.length, tls: pem !== undefined });
    } catch (error) {
      kit.log.say('error', 'tokens and certificate stay as they were', { reason: (error as Error).message });
      throw error;
    }
  }

  close({ drain = 0 }: { readonly drain?: Duration | undefined } = {}): Promise<void> {
    // Whoever asks again gets the same answer, and whoever asks wrongly is told first.
    const patience = parseDuration(drain, 'drain');
    return (this.#closing ??= this.end(patience));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async end(patience: number): Promise<void> {
    const { kit, doors } = this.#parts;
    const { core, log } = kit;
    log.say('info', 'stopping', { ...core.table.counts, drain: patience });
    // Whoever is granted something from now on would be cut off with it.
    core.table.shut();
    for (const { listener } of doors) listener.stop();
    if (patience > 0) await this.drain(patience);
    try {
      await Promise.all(doors.map(({ listener }) => listener.close()));
      await core.records.close();
    } finally {
      core.end();
    }
    log.say('info', 'stopped');
  }

  /** Until nothing is held any more, but no longer than that. */
  private async drain(patience: number): Promise<void> {
    const { kit, doors } = this.#parts;
    const { table, timeouts } = kit.core;
    for (const { door } of doors) door.drain();
    const end = timeouts.now() + patience;
    await new Promise<void>((resolve) => {
      const look = new Ringer(() => {
        const now = timeouts.now();
        // What is kept for nobody any more, nobody is to finish.
        if (now >= end || !table.isInUse) resolve();
        else timeouts.set(look, Math.min(end, now + LOOK));
      });
      look.ring();
    });
  }
}

function addressOf(name: PortName, { listener }: OpenDoor, isTls: boolean): ListeningAt {
  const { host, port } = listener;
  const scheme = `${SCHEMES[name]}${isTls && name !== 'dflockd' ? 's' : ''}`;
  const urls = reachableHosts(host).map((one) => `${scheme}://${showAddress({ host: one, port })}`);
  return { host, port, url: urls[0] ?? '', urls };
}
