import type { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { reachableHosts } from '../../../src/server/daemon/reachable-hosts.js';

type Interfaces = ReturnType<typeof networkInterfaces>;
const one = (family: 'IPv4' | 'IPv6', address: string, internal = false) =>
  ({ family, address, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as NonNullable<
    Interfaces[string]
  >[number];
const MACHINE: Interfaces = {
  eth0: [one('IPv4', '192.0.2.7'), one('IPv6', '2001:db8::7'), one('IPv6', 'fe80::7')],
  none: undefined,
  lo: [one('IPv4', '127.0.0.1', true), one('IPv6', '::1', true)],
};

describe('reachableHosts', () => {
  it.each([
    ['192.0.2.7', ['192.0.2.7']],
    ['::1', ['::1']],
    ['0.0.0.0', ['127.0.0.1', '192.0.2.7']],
    ['::', ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7']],
  ])('of %s are %j', (host, hosts) => {
    expect(reachableHosts(host, () => MACHINE)).toEqual(hosts);
  });

  it('are those of this machine alone if nobody says more', () => {
    const hosts = reachableHosts('0.0.0.0', () => {
      throw new Error('EACCES');
    });
    expect(hosts).toEqual(['127.0.0.1']);
  });
});
