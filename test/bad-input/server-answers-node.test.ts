import { octostore } from '../../src/backends/octostore/index.js';
import { describeServerAnswers } from './server-answers.js';

describeServerAnswers('node', octostore);
