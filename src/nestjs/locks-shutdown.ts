import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { Locks } from '../contract/locks.js';
import type { LocksOfModule } from './locks-of.js';

/** Closes a module's `Locks` with the application; and what a test has put in their place. */
export class LocksShutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly of: LocksOfModule,
    private readonly provided: Pick<Locks, 'close'>,
  ) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.closeIn('beforeApplicationShutdown');
  }

  onApplicationShutdown(): Promise<void> {
    return this.closeIn('onApplicationShutdown');
  }

  private async closeIn(hook: LocksOfModule['closeIn']): Promise<void> {
    const { locks, drain, closeIn } = this.of;
    if (hook !== closeIn) return;
    await Promise.all([locks, this.provided].map((one) => one.close({ drain })));
  }
}
