import { networkInterfaces } from 'node:os';
import { LOOPBACK_HOST } from './address.js';

/** Every address of this machine: those of IPv4, or of both. */
const ANY: Readonly<Record<string, readonly string[]>> = { '0.0.0.0': ['IPv4'], '::': ['IPv4', 'IPv6'] };
/** It means something only together with the interface. */
const LINK_LOCAL = /^fe[89ab]/i;

/**
 * The addresses under which a host can be reached that is listened to, those of this machine alone first. A host that stands for every address is none
 * itself.
 *
 * @param interfaces Those of this machine.
 */
export function reachableHosts(
  host: string,
  interfaces: () => ReturnType<typeof networkInterfaces> = networkInterfaces,
): readonly string[] {
  const families = ANY[host];
  if (families === undefined) return [host];
  const all = addressesOf(interfaces).filter(
    ({ family, address }) => families.includes(family) && !LINK_LOCAL.test(address),
  );
  const hosts = [...all.filter(({ internal }) => internal), ...all.filter(({ internal }) => !internal)];
  return hosts.length === 0 ? [LOOPBACK_HOST] : hosts.map(({ address }) => address);
}

function addressesOf(interfaces: () => ReturnType<typeof networkInterfaces>) {
  try {
    return Object.values(interfaces()).flatMap((found) => found ?? []);
  } catch {
    // Some systems tell nobody.
    return [];
  }
}
