type Headers = Readonly<Record<string, string>>;

const JSON_TYPE = { 'content-type': 'application/json' };

/** The headers of requests. Made once for each token: strings that are put together anew are read through anew. */
export class RequestHeaders {
  #token = '';
  #bare: Headers = {};
  #withJson: Headers = JSON_TYPE;

  /**
   * @param token Empty for none.
   * @param body JSON, if there is any.
   */
  of(token: string, body: string | undefined): Headers {
    if (token !== this.#token) this.#take(token);
    return body === undefined ? this.#bare : this.#withJson;
  }

  #take(token: string): void {
    this.#token = token;
    this.#bare = token === '' ? {} : { authorization: `Bearer ${token}` };
    this.#withJson = { ...this.#bare, ...JSON_TYPE };
  }
}
