import { randomBytes } from 'node:crypto';
import type { FrontKit } from '../front-kit.js';
import { Guesses } from '../guesses.js';
import { ANYBODY } from '../principals.js';
import { TokenPrincipals } from '../token-principals.js';
import { coreOf } from './core-of.js';
import { openDoors } from './door.js';
import { doorsOf, preload } from './doors-of.js';
import type { LockServer } from './lock-server.js';
import type { LockServerOptions } from './options.js';
import { RecordedRotations } from './recorded-rotations.js';
import { RunningServer } from './running-server.js';
import { checkServerOptions } from './settings.js';
import { SelfReport } from './self-report.js';
import { TlsReader } from './tls-reader.js';
import { TokenReader } from './token-reader.js';

/**
 * Starts a server of locks: one lock table, and in front of it the protocols that are asked for. A lock that is taken through one of
 * them is held for the others.
 *
 * It listens on loopback unless it is told otherwise; where others can reach it, it demands tokens, and a certificate.
 *
 * @param options Which protocols, and where: `ws`, `http`, `dflockd`. Who may come: `tokens`, `tokenFile`, `tls`, `origins`. What is kept: `data`, or `ephemeral`. How
 * long anybody may hold: `maxTtl` (`'1h'`). And `limits`, `metrics`, `log`: see {@link LockServerOptions}.
 * @returns It, once it listens.
 * @throws LockValidationError for a bad option, LockConfigError for options that do not go together, a file that cannot be read, and
 * a port that cannot be listened to (as rejections).
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { createLockServer } from 'rxlock/server';
 * import { socket } from 'rxlock/socket';
 *
 * const server = await createLockServer({ ws: 0, ephemeral: { wait: false, fencing: true } });
 * const locks = createLocks(socket({ url: server.addresses.ws?.url }));
 * await locks.using('nightly-report', '30s', (lease) => console.log(lease.name));
 * await locks.close();
 * await server.close();
 * ```
 */
export async function createLockServer(options: LockServerOptions): Promise<LockServer> {
  const settings = checkServerOptions(options);
  const tokens = new TokenReader(options);
  const tls = new TlsReader(options.tls);
  preload(settings);
  const [list, pem] = await Promise.all([tokens.read(), tls.read()]);
  const { core, meters, log } = await coreOf(settings, options);
  try {
    const principals = tokens.isOn
      ? new TokenPrincipals(list, new RecordedRotations(core.records), options.randomBytes)
      : undefined;
    const kit: FrontKit = {
      core,
      principals: principals ?? ANYBODY,
      guesses: new Guesses(core.timeouts),
      limits: settings.limits,
      maxTtl: settings.maxTtl,
      meters,
      log,
      randomBytes: options.randomBytes ?? randomBytes,
    };
    const report = new SelfReport(kit, settings.hasMetrics);
    const doors = await doorsOf(settings, kit, pem, report.endpoints, options);
    // Who held what before is seated before anybody may come.
    await core.records.begin();
    return new RunningServer({ kit, doors: await openDoors(doors), tokens, principals, tls, report });
  } catch (error) {
    await core.records.close().finally(() => {
      core.end();
    });
    throw error;
  }
}
