import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/contract/backend.js';
import { Kept } from '../../src/keeping/kept.js';
import { believe, curb } from '../../src/keeping/lease-rule.js';

/** A lease whose ttl the test chooses. */
class TestKept extends Kept {
  ttl = 20_000;
  readonly grant = { name: 'a' } as Grant;
  readonly safetyFactor = 0.8;
  readonly renewRatio = 1 / 3;

  renewed(): void {
    // Nobody is told.
  }

  uncertain(): void {
    // Likewise.
  }

  lost(): void {
    // Likewise.
  }
}

describe('a shorter ttl that was asked for', () => {
  it('counts from then, however late an older request is answered', () => {
    const kept = new TestKept();
    believe(kept, [{ sentAt: 0, ttl: 10_000 }], 0, () => 0);
    // A request for 20 s is under way, as 5 s are asked for; the server has done both, and its answer to the first comes 3 s later.
    kept.ttl = 5000;
    curb(kept, 1000);
    expect(kept.deadline).toBe(5000);
    believe(kept, [{ sentAt: 500, ttl: 20_000 }], 4000, () => 0);
    expect(kept.deadline).toBe(5000);
    believe(kept, [{ sentAt: 1000, ttl: 5000 }], 4000, () => 0);
    expect(kept.deadline).toBe(5000);
    believe(kept, [{ sentAt: 4000, ttl: 5000 }], 4000, () => 0);
    expect(kept.deadline).toBe(8000);
  });
});
