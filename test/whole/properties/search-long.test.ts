import { NOT_YET } from './search/not-yet.js';
import { describeSearch } from './search/search.js';

// Others at each run.
describeSearch(Date.now() % 2 ** 30, 20_000, NOT_YET);
