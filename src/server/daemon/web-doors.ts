import type { FrontKit } from '../front-kit.js';
import type { HttpFront } from '../net/http-front.js';
import { listenHttp } from '../net/listen-http.js';
import { showAddress, type Endpoint } from './address.js';
import type { Door } from './door.js';
import { listenOptions } from './listen-options.js';
import type { TlsPem } from './options.js';
import type { PortName, ServerSettings } from './settings.js';
import type { Endpoints } from './wire/endpoints.js';

/** What is spoken over HTTP on one port. */
interface WebPort {
  readonly endpoint: Endpoint;
  readonly names: PortName[];
  readonly fronts: HttpFront[];
}

/**
 * The ports at which HTTP is spoken: those that have the same address are one.
 *
 * @param fronts By name; `metrics` has none of its own.
 */
export function webDoors(
  { ports }: ServerSettings,
  kit: FrontKit,
  tls: TlsPem | undefined,
  endpoints: Endpoints,
  fronts: ReadonlyMap<PortName, HttpFront>,
): Door[] {
  const { headerTime, requestTime } = kit.limits;
  return webPorts(ports, fronts).map((port) => {
    const options = {
      ...listenOptions(port.endpoint, kit, tls),
      headerTime,
      requestTime,
      isOpen: !kit.principals.required,
    };
    const request = port.fronts.find((front) => front.request !== undefined);
    const upgrade = port.fronts.find((front) => front.upgrade !== undefined);
    const shared = endpoints.before({
      request: request?.request?.bind(request),
      upgrade: upgrade?.upgrade?.bind(upgrade),
    });
    const close = async (): Promise<void> => {
      await Promise.all(port.fronts.map(async (front) => front.close()));
    };
    const all: HttpFront = { ...shared, close };
    return {
      names: port.names,
      endpoint: port.endpoint,
      open: () => listenHttp(all, options, kit.core.timeouts),
      drain: () => {
        for (const front of port.fronts) front.drain?.();
      },
      close,
    };
  });
}

function webPorts(
  ports: ReadonlyMap<PortName, Endpoint>,
  fronts: ReadonlyMap<PortName, HttpFront>,
): readonly WebPort[] {
  const byAddress = new Map<string, WebPort>();
  for (const [name, endpoint] of ports) {
    const front = fronts.get(name);
    if (front === undefined && name !== 'metrics') continue;
    const key = showAddress(endpoint);
    const port = byAddress.get(key) ?? { endpoint, names: [], fronts: [] };
    port.names.push(name);
    if (front !== undefined) port.fronts.push(front);
    byAddress.set(key, port);
  }
  return [...byAddress.values()];
}
