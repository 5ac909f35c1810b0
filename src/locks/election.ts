import { Subject, takeUntil, type Observable } from 'rxjs';
import { FOLLOWING } from './leader-states.js';
import type { Participant } from './participant.js';
import type { HoldOptions } from '../core/hold-options.js';
import type { Leadership } from '../contract/status.js';

/** How a candidate stands: what all who take part must agree on. */
export interface Candidacy extends HoldOptions {
  readonly ttl: number;
}

/** The election of one name within a `Locks`: one candidate, for as long as anybody takes part. */
export class Election {
  private readonly participants = new Set<Participant>();
  private readonly left = new Subject<void>();
  private latest: Leadership = FOLLOWING;
  private isRunning = false;

  /**
   * @param leadership$ The candidate's.
   * @param over Called once the last has left, or the candidate has failed; before anybody can hear of it.
   */
  constructor(
    readonly candidacy: Candidacy,
    private readonly leadership$: Observable<Leadership>,
    private readonly over: () => void,
  ) {}

  /** What is true at this moment: a lease that is over, though nobody has said so yet, leads nowhere. */
  get now(): Leadership {
    const { latest } = this;
    return latest.leading && !latest.lease.isHeld ? FOLLOWING : latest;
  }

  /** Lets somebody take part for as long as he is subscribed. The first lets it begin. */
  join(participant: Participant): void {
    this.participants.add(participant);
    participant.sink.add(() => {
      this.leave(participant);
    });
    participant.enter(this);
    if (!this.isRunning && this.participants.size > 0) this.run();
  }

  private leave(participant: Participant): void {
    if (!this.participants.delete(participant) || this.participants.size > 0) return;
    this.over();
    this.left.next();
  }

  private run(): void {
    this.isRunning = true;
    this.leadership$.pipe(takeUntil(this.left)).subscribe({
      next: (latest) => {
        this.latest = latest;
        for (const participant of this.participants) participant.hear();
      },
      error: (error: unknown) => {
        this.fail(error);
      },
    });
  }

  private fail(error: unknown): void {
    const participants = [...this.participants];
    this.participants.clear();
    this.over();
    for (const participant of participants) participant.end({ error });
  }
}
