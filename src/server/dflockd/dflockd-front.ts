import type { ServerConnection, Front } from '../connection.js';
import type { FrontKit } from '../front-kit.js';
import { FrontLog } from '../front-log.js';
import { Meters, type FrontMeters } from '../meters.js';
import { SILENT_LOG } from '../server-log.js';
import type { ServerCore } from '../server-core.js';
import type { ServerTable } from '../../table/server-table.js';
import { DflockdDialogue } from './dialogue/dialogue.js';
import { Guesses } from '../guesses.js';
import { Keys } from './desk/keys.js';
import { LockDesk } from './desk/lock-desk.js';
import { oneToken } from './one-token.js';
import type { FrontSettings } from './options.js';
import { DFLOCKD } from './desk/dflockd-record.js';
import { PlaceRegister } from './desk/place-register.js';
import { restorePlaces } from './desk/restore-places.js';
import type { Services } from './dialogue/services.js';
import { SignalHub } from './signals/signal-hub.js';
import { statsOf } from './dialogue/stats-of.js';
import { SharedText } from './dialogue/shared-text.js';
import { Tokens } from './desk/tokens.js';
import { Traces } from './desk/traces.js';

/** The dflockd protocol in front of the lock table: who it has a dialogue with, and what they share. */
export class DflockdFront implements Front {
  private readonly dialogues = new Set<DflockdDialogue>();
  private readonly services: Services;
  private readonly meters: FrontMeters;
  private readonly table: ServerTable;
  private readonly unlisten: () => void;
  private lastId: number;

  /** @param kit What it shares with other fronts. By default there are none, and the one token of the settings lets anybody in. */
  constructor(
    core: ServerCore,
    settings: FrontSettings,
    kit: Partial<Pick<FrontKit, 'principals' | 'guesses' | 'meters' | 'log'>> = {},
  ) {
    const { now, timeouts, turn, rota, effort, buffers, table, records } = core;
    const { defaultLease, maxLease, readTimeout, holdersMayBeSilent, writeTimeout, autoRelease, limits } = settings;
    const principals = kit.principals ?? oneToken(settings.auth);
    const meters = (kit.meters ?? new Meters()).front('dflockd');
    this.meters = meters;
    this.table = table;
    const keys = new Keys(limits.keys, settings.idle, now);
    const register = new PlaceRegister(keys, limits, new Tokens(settings.randomBytes), table);
    const log = new FrontLog(kit.log ?? SILENT_LOG, 'dflockd');
    const traces = new Traces(limits.places);
    const desk = new LockDesk(core, register, meters, log, autoRelease);
    this.lastId = restorePlaces(records.restored(DFLOCKD), register, table, desk, traces);
    const signals = new SignalHub(limits.subscriptions, limits.listening, effort);
    // A front writes bytes, one a character.
    const stats = new SharedText(now, effort, () =>
      Buffer.from(statsOf(this.dialogues.size, table, keys, signals)).toString('latin1'),
    );
    this.services = {
      now,
      timeouts,
      turn,
      rota,
      effort,
      buffers,
      meters,
      log,
      defaultLease,
      maxLease,
      readTimeout,
      holdersMayBeSilent,
      operationsPerSecond: limits.operationsPerSecond,
      bufferedPerClient: limits.bufferedPerClient,
      writeTimeout,
      principals,
      guesses: kit.guesses ?? new Guesses(timeouts),
      traces,
      desk,
      signals,
      stats,
    };
    this.unlisten = principals.onChange(() => {
      turn.run(() => {
        for (const dialogue of [...this.dialogues]) dialogue.reconsider();
      });
    });
  }

  get connections(): number {
    return this.dialogues.size;
  }

  open(connection: ServerConnection): DflockdDialogue {
    const dialogue = new DflockdDialogue(++this.lastId, connection, this.services, () => {
      this.dialogues.delete(dialogue);
      this.meters.disconnected();
    });
    this.dialogues.add(dialogue);
    this.meters.connected();
    return dialogue;
  }

  /** Grants nothing any more: who holds something may go on. */
  drain(): void {
    this.services.turn.run(() => {
      this.table.shut();
      for (const dialogue of this.dialogues) dialogue.turnAway();
    });
  }

  close(): void {
    this.unlisten();
    const all = [...this.dialogues];
    // All who wait, before anything is given back that they would be granted.
    for (const dialogue of all) dialogue.turnAway();
    for (const dialogue of all) dialogue.hangUp();
  }
}
