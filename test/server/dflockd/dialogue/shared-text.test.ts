import { describe, expect, it } from 'vitest';
import { Effort } from '../../../../src/server/effort.js';
import { SharedText } from '../../../../src/server/dflockd/dialogue/shared-text.js';

describe('SharedText', () => {
  it('is made anew for who has seen more than it tells, and for nobody else', () => {
    let now = 0;
    let made = 0;
    const survey = new SharedText(
      () => now,
      new Effort(),
      () => String(++made),
    );
    now = 10;
    expect([survey.tell(5), survey.tell(9), survey.tell(3)]).toEqual(['1', '1', '1']);
    // At the very time when it was made something may have happened after it.
    expect(survey.tell(10)).toBe('2');
    now = 20;
    expect([survey.tell(10), survey.tell(15)]).toEqual(['3', '3']);
  });
});
