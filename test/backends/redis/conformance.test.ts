import { RedisServer } from '../../support/redis-server.js';
import { describeConformance } from './support/describe-conformance.js';

// Other clients, and a Cluster, take longer: `npm run test:long`.
describeConformance(
  'a URL',
  () => RedisServer.start(),
  ({ url }) => ({ client: url, end: () => undefined }),
);
