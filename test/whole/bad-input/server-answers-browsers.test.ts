import { octostore } from '../../../src/backends/octostore/index.browser.js';
import { describeServerAnswers } from './support/server-answers.js';

describeServerAnswers('browsers', octostore);
