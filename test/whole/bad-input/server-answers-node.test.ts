import { octostore } from '../../../src/backends/octostore/index.js';
import { describeServerAnswers } from './support/server-answers.js';

describeServerAnswers('node', octostore);
