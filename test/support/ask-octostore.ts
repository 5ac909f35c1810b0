/** Asks a server of OctoStore's API directly, past any client under test. `json` is undefined for what is none. */
export async function askOctostore(
  url: string,
  token: string,
  method: string,
  body?: object,
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined };
}
