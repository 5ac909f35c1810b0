import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { LocksOfModule } from './locks-of.js';

/** Closes a module's `Locks` with the application. */
export class LocksShutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly of: LocksOfModule) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.closeIn('beforeApplicationShutdown');
  }

  onApplicationShutdown(): Promise<void> {
    return this.closeIn('onApplicationShutdown');
  }

  private async closeIn(hook: LocksOfModule['closeIn']): Promise<void> {
    const { locks, drain, closeIn } = this.of;
    if (hook === closeIn) await locks.close({ drain });
  }
}
