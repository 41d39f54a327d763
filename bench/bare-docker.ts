import { request } from 'node:http';

/** Creates and starts a container of each image, one after the other, and removes them; milliseconds of the former. */
export async function bareStart(images: readonly string[]): Promise<number> {
  const started = performance.now();
  const ids: string[] = [];
  for (const image of images) {
    const { Id } = await docker('POST', '/containers/create', {
      Image: image,
      HostConfig: { NetworkMode: ids[0] ? `container:${ids[0]}` : 'none' },
    });
    ids.push(Id);
    await docker('POST', `/containers/${Id}/start`);
  }
  const took = performance.now() - started;
  for (const id of ids.toReversed()) await docker('DELETE', `/containers/${id}?force=1`);
  return took;
}

function docker(method: string, path: string, body?: object): Promise<any> {
  const { promise, resolve, reject } = Promise.withResolvers<any>();
  const headers = { 'content-type': 'application/json' };
  const call = request({ socketPath: '/var/run/docker.sock', method, path, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('end', () => {
      if ((response.statusCode ?? 500) >= 400) return reject(new Error(`${method} ${path}: ${text}`));
      resolve(text ? JSON.parse(text) : undefined);
    });
  });
  call.on('error', reject);
  call.end(body && JSON.stringify(body));
  return promise;
}
