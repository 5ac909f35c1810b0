import { KNOWN, NOT_YET } from './search/not-yet.js';
import { describeSearch } from './search/search.js';

// Always the same ones, as in the short search: `SEARCH_SEED=… SEARCH_COUNT=20000` tries others.
describeSearch(1_000_000, 20_000, NOT_YET, KNOWN);
