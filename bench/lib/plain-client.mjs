import { Pool } from 'undici';

const baseUrl = process.env.OCTOSTORE_BASE_URL;
const headers = { authorization: `Bearer ${process.env.OCTOSTORE_TOKEN}`, 'content-type': 'application/json' };

/** An OctoStore client as one writes it in ten minutes: a POST, JSON, nothing else. */
export class PlainClient {
  #post;

  constructor(post = viaFetch) {
    this.#post = post;
  }

  async acquire(name) {
    const answer = await this.#post(`/locks/${encodeURIComponent(name)}/acquire`, { ttl_seconds: 30 });
    if (answer.status !== 'acquired') throw new Error(`${name}: ${answer.status}`);
    return answer.lease_id;
  }

  release(name, leaseId) {
    return this.#post(`/locks/${encodeURIComponent(name)}/release`, { lease_id: leaseId });
  }
}

async function viaFetch(path, body) {
  const answer = await fetch(baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
  return answer.json();
}

export function viaPool(baseUrl = process.env.OCTOSTORE_BASE_URL) {
  const pool = new Pool(baseUrl);
  return async (path, body) => {
    const answer = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.statusCode !== 200) throw new Error(`${path}: HTTP ${answer.statusCode}`);
    return answer.body.json();
  };
}
