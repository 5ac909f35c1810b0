import { describe, expect, it } from 'vitest';
import { conformanceCases } from '../../src/testing/index.js';
import { brokenService, MISTAKES } from './support/broken-backends.js';
import { IMPOSSIBLE_ANSWERS } from './support/impossible-answers.js';

const ALL = { ...MISTAKES, ...IMPOSSIBLE_ANSWERS };

const BAD_NAMES = ['', 'a//b', '..', 'a b'];

describe.concurrent.each(Object.entries(ALL))('the suite finds a backend that %s', (_name, { breaker, found }) => {
  const service = brokenService(breaker);
  const cases = conformanceCases({ factory: () => ({ ...service(), badNames: BAD_NAMES }), slow: true });

  it.each(found)('%s', async (title, message) => {
    const one = cases.find((candidate) => candidate.title === title);
    expect(one, `there is no case '${title}'`).toBeDefined();
    const failure: unknown = await one!.run().then(
      () => 'it passed',
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toMatch(message);
  });
});
