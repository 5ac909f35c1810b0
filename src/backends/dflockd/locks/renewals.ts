import { EMPTY, Observable } from 'rxjs';
import type { LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import type { Grant, Renewal } from '../../../contract/backend.js';
import { errorOf, isRefusal, readRenewal } from '../wire/answer.js';
import { Batch } from '../../../values/batch.js';
import { titleOf } from '../wire/commands.js';
import type { DflockdBook } from './book.js';
import type { Connection } from '../wire/connection.js';
import type { DflockdHolding } from './holding.js';
import { Question } from '../wire/question.js';
import { wholeSeconds } from '../../../values/whole-seconds.js';

/** A lock's own bound that is older than this part of its ttl is renewed along with its connection's. */
const STALE = 0.2;
/** An answer on the connection that is younger than this part of its time needs no further request. */
const NEWS = 0.1;

/**
 * The seconds that an answer confirms of those that were asked for. 0: nothing is confirmed by it, and nothing lost;
 * `undefined`: it is no answer, and its connection is closed.
 */
export type ReadRenewal = (line: string, asked: number) => number | undefined;

/** One grant of a batch. */
interface Member {
  readonly index: number;
  readonly holding: DflockdHolding;
  readonly seconds: number;
}

/**
 * Renews what is due: each lock by a request of its own. A lock that has long to go needs but a sign of life of its
 * connection, and the renewal of any lock on it is one for all.
 */
export class DflockdRenewals {
  /** @param read Reads what an answer confirms. By default what does not say for how long is no answer. */
  constructor(
    private readonly book: DflockdBook,
    private readonly clock: Clock,
    private readonly read: ReadRenewal = readRenewal,
  ) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    if (grants.length === 0) return EMPTY;
    return new Observable((sink) => {
      const batch = new Batch<Renewal>(sink, grants.length);
      const now = this.clock.elapsed();
      /** Those that need but a sign of life, by connection. */
      const patient = new Map<Connection, Member[]>();
      const sent = new Map<Connection, Extension>();
      grants.forEach((grant, index) => {
        const holding = this.book.find(grant);
        if (holding === undefined) {
          batch.tell({ index, outcome: 'refused' });
          return;
        }
        const { connection } = holding;
        const member = { index, holding, seconds: wholeSeconds(ttls[index] as number) };
        if (isDue(member, now)) sent.set(connection, this.send(member, batch));
        else if (isNews(holding, now)) batch.tell({ index, outcome: 'renewed', bounds: this.book.tell(holding) });
        else {
          const members = patient.get(connection);
          if (members === undefined) patient.set(connection, [member]);
          else members.push(member);
        }
      });
      for (const [connection, members] of patient) {
        const extension = sent.get(connection) ?? this.send(members.shift() as Member, batch);
        extension.members = members;
      }
    });
  }

  private send(member: Member, batch: Batch<Renewal>): Extension {
    const extension = new Extension(this.book, member, batch, this.read);
    const { holding, seconds } = member;
    holding.connection.send(extension, holding.renewLine(seconds));
    return extension;
  }
}

/** One lock's renewal. */
class Extension extends Question {
  /** Those for whom it is a sign of life of their connection. */
  members: readonly Member[] = [];

  constructor(
    private readonly book: DflockdBook,
    private readonly member: Member,
    private readonly batch: Batch<Renewal>,
    private readonly confirmedBy: ReadRenewal,
  ) {
    super();
  }

  answered(line: string): boolean {
    const renewal = this.read(line);
    if (renewal === undefined) return false;
    this.batch.tell(renewal);
    for (const { index, holding } of this.members) {
      // Another answer of this turn may have ended it.
      if (holding.isOver) this.batch.tell({ index, outcome: 'refused' });
      else this.batch.tell({ index, outcome: 'renewed', bounds: this.book.tell(holding) });
    }
    return true;
  }

  failed(cause: LockError): void {
    this.batch.tell({ index: this.member.index, outcome: 'unknown', cause });
    for (const { index } of this.members) this.batch.tell({ index, outcome: 'unknown', cause });
  }

  private read(line: string): Renewal | undefined {
    const { index, holding, seconds } = this.member;
    const confirmed = this.confirmedBy(line, seconds);
    if (confirmed !== undefined && confirmed > 0) {
      if (holding.isOver) return { index, outcome: 'refused' };
      this.book.confirm(holding, Math.min(seconds, confirmed), this.sentAt);
      holding.asked = seconds;
      return { index, outcome: 'renewed', bounds: this.book.tell(holding) };
    }
    if (confirmed === undefined && !isRefusal(line)) return undefined;
    const { connection, kind } = holding;
    const { name } = holding.grant;
    const cause = errorOf(line, { what: `renew ${titleOf(kind, name)}`, where: connection.where, name });
    if (line !== 'error' && line !== 'error_lease_expired') return { index, outcome: 'unknown', cause };
    this.book.settle(holding);
    return { index, outcome: 'refused', cause };
  }
}

function isDue({ holding: { asked, bound, connection, isDoubtful }, seconds }: Member, now: number): boolean {
  // Another ttl than before must be asked for.
  if (isDoubtful || seconds !== asked) return true;
  const whole = connection.bound;
  return bound.sentAt + bound.ttl <= whole.sentAt + whole.ttl || now - bound.sentAt >= bound.ttl * STALE;
}

/** Was its connection's last answer not told yet, and is it young? */
function isNews({ connection, toldSentAt }: DflockdHolding, now: number): boolean {
  const { sentAt, ttl } = connection.bound;
  return sentAt > toldSentAt && now - sentAt < ttl * NEWS;
}
