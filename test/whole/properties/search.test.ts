import { NOT_YET } from './search/not-yet.js';
import { describeSearch } from './search/search.js';

// Always the same ones: a failure here is the fault of what has changed.
describeSearch(1, 400, NOT_YET);
