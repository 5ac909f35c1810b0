import { expect } from 'vitest';
import type { Attempt, RedisUser } from './redis-user.js';

/** Each gets it in his turn, and gives it back. */
export async function expectInTurn(users: readonly RedisUser[], waiting: readonly Attempt[]): Promise<void> {
  for (const [index, user] of users.entries()) {
    const { grant } = await waiting[index]!.granted();
    expect(waiting.map(({ last }) => last?.type === 'granted')).toEqual(users.map((_, at) => at <= index));
    await user.release(grant);
  }
}
