import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithOctoStores } from '../support/octostore-server.js';
import { Stage } from './stage.js';

/** Plays one fault. What it returns is added to what the table says of the lock. */
export type Play = (stage: Stage) => Promise<string | undefined> | Promise<void>;

/** Declares one row: a test with a server of its own, beside all others of its file. */
export type DeclareRow = (title: string, play: Play) => void;

/**
 * Rows of the table of faults, on real servers. Whatever else a row asserts, at its end
 *
 * - no two have believed in the lock at one time, and nobody's work went on in another's time,
 * - the server holds nothing any more,
 * - nothing was rejected or thrown that nobody handled.
 */
export function faultRows(group: string, declare: (row: DeclareRow) => void): void {
  describeWithOctoStores(group, (start) => {
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
    declare((title, play) => {
      it.concurrent(title, async ({ task }) => {
        const stage = await Stage.open(start);
        const { history } = stage;
        try {
          const note = await play(stage);
          await stage.settle();
          const overhold = history.overhold();
          const fate = history.fate('holder');
          const notes = [fate, note].filter((part) => part !== undefined && part !== '');
          task.meta.faultRow = { title, overhold, free: history.free(), note: notes.join('; ') };
          expect(overhold).toBe(0);
          expect(history.believers).toBeLessThanOrEqual(1);
          expect(unhandled).toEqual([]);
        } finally {
          await stage.close();
        }
      });
    });
  });
}
