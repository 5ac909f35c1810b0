import { afterAll, beforeAll, expect, it } from 'vitest';
import type { History } from './history.js';

/** Where a row is played. */
export interface AnyStage {
  readonly history: History;
  /** What became of the holder's lock, for the table. */
  fate(): string;
  /** Ends every contender; resolves when the server holds nothing of theirs any more. */
  settle(): Promise<void>;
  /** Whatever has happened: leaves nothing behind. */
  close(): Promise<void>;
}

/** Plays one fault. What it returns is added to what the table says of the lock. */
export type Play<S> = (stage: S) => Promise<string | undefined> | Promise<void>;

/** What a row may allow. */
export interface RowOptions {
  /** The longest overhold, where the service itself forgets and no client can know. Milliseconds; 0 by default. */
  readonly overhold?: number;
}

/** Declares one row: a test with a server of its own, beside all others of its file. */
export type DeclareRow<S, O extends RowOptions = RowOptions> = (title: string, play: Play<S>, options?: O) => void;

/**
 * Rows of the table of faults. Whatever else a row asserts, at its end
 *
 * - no two have believed in the lock at one time, and nobody's work went on in another's time,
 * - the server holds nothing any more,
 * - nothing was rejected or thrown that nobody handled.
 */
export function declareRows<S extends AnyStage, O extends RowOptions = RowOptions>(
  open: (options: O | undefined) => Promise<S>,
  declare: (row: DeclareRow<S, O>) => void,
): void {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => {
    unhandled.push(reason);
  };
  beforeAll(() => {
    process.on('unhandledRejection', onUnhandled);
    process.on('uncaughtException', onUnhandled);
  });
  afterAll(() => {
    process.off('unhandledRejection', onUnhandled);
    process.off('uncaughtException', onUnhandled);
  });
  declare((title, play, options) => {
    it.concurrent(title, async ({ task }) => {
      const stage = await open(options);
      const { history } = stage;
      const allowed = options?.overhold ?? 0;
      try {
        const note = await play(stage);
        await stage.settle();
        const overhold = history.overhold();
        const notes = [stage.fate(), note].filter((part) => part !== undefined && part !== '');
        task.meta.faultRow = { title, overhold, allowed, free: history.free(), note: notes.join('; ') };
        expect(overhold).toBeLessThanOrEqual(allowed);
        if (allowed === 0) expect(history.believers).toBeLessThanOrEqual(1);
        expect(unhandled).toEqual([]);
      } finally {
        await stage.close();
      }
    });
  });
}
