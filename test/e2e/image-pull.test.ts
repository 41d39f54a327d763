import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { event } from '../../src/api/core-v1/event.ts';
import { secret } from '../../src/api/core-v1/secret.ts';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import { KubeletNode, stateOf } from './kubelet-node.ts';
import { login, Registry } from './registry.ts';

const dockerConfig = (host: string, { username, password } = login) => ({ auths: { [host]: { username, password } } });
const ended = (pod: Pod) => pod.status?.phase === 'Succeeded';

/** Images come from a registry that nobody reads without credentials. */
describe('kubelet on the Docker Engine: pulling images', function () {
  this.timeout(60_000);
  let node: KubeletNode;
  let registry: Registry;
  let image: string;

  before(async () => {
    [node, registry] = await Promise.all([KubeletNode.start(), Registry.start()]);
    image = await registry.push('coxswain/hello:1', 'team/hello:1');
    await keys('right', dockerConfig(registry.host));
    await keys('wrong', dockerConfig(registry.host, { username: 'ann', password: 'guess' }));
  });

  after(async () => {
    await node?.stop();
    if (image) await registry.forget(image);
    await registry?.stop();
  });

  async function keys(name: string, config: object): Promise<void> {
    const data = { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') };
    const metadata = { namespace: 'default', name };
    await node.client.create(secret, { metadata, type: 'kubernetes.io/dockerconfigjson', data });
  }

  /** Makes a pod that ends at once. */
  const run = (name: string, secrets: string[], container: object = {}) =>
    node.run(
      name,
      'true',
      { restartPolicy: 'Never', imagePullSecrets: secrets.map((one) => ({ name: one })) },
      { image, imagePullPolicy: 'IfNotPresent', ...container },
    );

  const eventsOf = async (name: string) =>
    (await node.client.list(event, { namespace: 'default' })).items
      .filter((e) => e.involvedObject.name === name && e.involvedObject.fieldPath === 'spec.containers{c}')
      .map((e) => `${e.reason}: ${e.message}`);

  it('says why an image cannot be had, backs off, and goes on when the secret is there', async () => {
    await run('wrong', ['wrong']);
    await node.until('wrong', (pod) => stateOf(pod) === 'ErrImagePull');
    await node.until('wrong', (pod) => stateOf(pod) === 'ImagePullBackOff');
    const said = await eventsOf('wrong');
    expect(said).to.include.members(['Failed: Error: ErrImagePull', 'Failed: Error: ImagePullBackOff']);
    expect(said.join('\n')).to.match(/Failed to pull image .*(unauthorized|no basic auth)/);
    expect(said.join('\n')).not.to.include('guess');
  });

  it('pulls with the secret of a pod, and keeps the image from pods that have none', async () => {
    await run('right', ['right']);
    await node.until('right', ended);
    expect((await eventsOf('right'))[1]).to.match(/^Pulled: Successfully pulled image .* Image size: \d+ bytes\.$/);
    await run('again', ['right']);
    await node.until('again', ended);
    expect((await eventsOf('again'))[0]).to.match(/already present on machine and can be accessed by the pod$/);
    await run('stranger', []);
    await node.until('stranger', (pod) => stateOf(pod) === 'ErrImagePull');
    await run('never', [], { imagePullPolicy: 'Never' });
    await node.until('never', (pod) => stateOf(pod) === 'ErrImageNeverPull');
    await run('local', [], { image: 'coxswain/hello:1' });
    await node.until('local', ended);
  });

  it("pulls with the node's own credentials, by digest too", async () => {
    writeFileSync(join(node.rootDir, 'config.json'), JSON.stringify(dockerConfig(registry.host)), { mode: 0o600 });
    await run('of-node', [], { imagePullPolicy: 'Always' });
    await node.until('of-node', ended);
    const digest = await registry.digest('team/hello', '1');
    await run('by-digest', [], { image: `${registry.host}/team/hello@${digest}`, imagePullPolicy: 'Always' });
    await node.until('by-digest', ended);
    await registry.forget(`${registry.host}/team/hello@${digest}`);
  });
});
