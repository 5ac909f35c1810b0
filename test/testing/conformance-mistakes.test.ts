import { describe, expect, it } from 'vitest';
import { conformanceCases } from '../../src/testing/index.js';
import { brokenService, MISTAKES } from './support/broken-backends.js';
import { IMPOSSIBLE_ANSWERS } from './support/impossible-answers.js';

const ALL = { ...MISTAKES, ...IMPOSSIBLE_ANSWERS };

const BAD_NAMES = ['', 'a//b', '..', 'a b'];

/** The case that counts what keeps the process alive: beside others it would count theirs. */
const ALONE = 'leaves nothing behind';

const isAlone = ([, { found }]: (typeof BREAKERS)[number]): boolean => found.some(([title]) => title.endsWith(ALONE));

const BREAKERS = Object.entries(ALL);

describe.concurrent.each(BREAKERS.filter((one) => !isAlone(one)))('the suite finds a backend that %s', findsIt);

describe.each(BREAKERS.filter(isAlone))('the suite finds a backend that %s', findsIt);

function findsIt(_name: string, { breaker, found }: (typeof ALL)[string]): void {
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
}
