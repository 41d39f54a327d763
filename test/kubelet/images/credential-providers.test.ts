import { expect } from 'chai';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { parseProviders } from '../../../src/kubelet/images/credential-config.ts';
import { CredentialProviders } from '../../../src/kubelet/images/credential-providers.ts';
import type { Run } from '../../../src/linux/exec.ts';

const api = 'credentialprovider.kubelet.k8s.io/v1';
const provider = {
  ...{ name: 'ask', matchImages: ['*.registry.example'], defaultCacheDuration: '10m', apiVersion: api },
  ...{ args: ['get'], env: [{ name: 'REGION', value: 'north' }] },
};
const file = (...providers: object[]) =>
  JSON.stringify({ kind: 'CredentialProviderConfig', apiVersion: 'kubelet.config.k8s.io/v1', providers });

describe('parseProviders', () => {
  it('reads what a provider is', () => {
    expect(parseProviders(file(provider))).to.deep.equal([
      {
        ...{ name: 'ask', matchImages: ['*.registry.example'], defaultCache: 600_000, args: ['get'] },
        env: { REGION: 'north' },
      },
    ]);
  });

  const wrong: [string, RegExp][] = [
    ['[]', /must be a CredentialProviderConfig/],
    [file(), /at least 1 provider/],
    [file(provider, provider), /ask is declared twice/],
    [file({ ...provider, name: '../ask' }), /must be that of a file/],
    [file({ ...provider, apiVersion: 'v1' }), /apiVersion must be/],
    [file({ ...provider, matchImages: [] }), /matchImages must be specified/],
    [file({ ...provider, defaultCacheDuration: undefined }), /defaultCacheDuration must be specified/],
    [file({ ...provider, env: [{ name: 'A' }] }), /env must be/],
    [file({ ...provider, tokenAttributes: {} }), /not supported/],
  ];
  for (const [text, message] of wrong) it(String(message), () => expect(() => parseProviders(text)).to.throw(message));
});

describe('CredentialProviders', () => {
  let clock: VirtualClock;
  let asked: { command: string; image: string; env: unknown; args: readonly string[] }[];
  let answer: object | string;

  beforeEach(() => {
    clock = new VirtualClock();
    asked = [];
  });

  const run: Run = async (command, args, { stdin = '', env } = {}) => {
    asked.push({ command, args, env, image: (JSON.parse(String(stdin)) as { image: string }).image });
    return { stdout: typeof answer === 'string' ? answer : JSON.stringify(answer), stderr: '', code: 0 };
  };
  const response = (cacheKeyType: string, more: object = {}) => ({
    ...{ kind: 'CredentialProviderResponse', apiVersion: api, cacheKeyType },
    ...{ auth: { 'eu.registry.example': { username: 'ann', password: 'pw' } }, ...more },
  });
  const make = () =>
    new CredentialProviders({ providers: parseProviders(file(provider)), folder: '/plugins', clock, log: noLog, run });
  const image = 'eu.registry.example/app:1';

  it('asks the plugins that an image is for', async () => {
    answer = response('Image');
    const providers = make();
    expect(await providers.of('elsewhere.example/app:1')).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
    const found = await providers.of(image);
    expect(found.map(({ username, password }) => [username, password])).to.deep.equal([['ann', 'pw']]);
    expect(asked).to.deep.equal([{ command: '/plugins/ask', args: ['get'], env: { REGION: 'north' }, image }]);
  });

  const other = 'eu.registry.example/other:1';
  const third = 'us.registry.example/app:1';
  const caches: [string, object, number][] = [
    ['an image', response('Image'), 3],
    ['a registry', response('Registry'), 2],
    ['all', response('Global'), 1],
    ['nobody', response('Global', { cacheDuration: '0s' }), 4],
  ];
  for (const [whom, given, times] of caches) {
    it(`remembers an answer that is for ${whom}`, async () => {
      answer = given;
      const providers = make();
      for (const one of [image, image, other, third]) await providers.of(one);
      expect(asked).to.have.lengthOf(times);
    });
  }

  it('asks again when an answer is old, and only once at a time', async () => {
    answer = response('Image', { cacheDuration: '30s' });
    const providers = make();
    await Promise.all([providers.of(image), providers.of(image)]);
    expect(asked).to.have.lengthOf(1);
    await clock.advance(29_999);
    await providers.of(image);
    expect(asked).to.have.lengthOf(1);
    await clock.advance(1);
    await providers.of(image);
    expect(asked).to.have.lengthOf(2);
  });

  for (const broken of ['secret, not JSON', 'null', response('Everything'), { kind: 'Secret' }]) {
    it(`has nothing from ${JSON.stringify(broken).slice(0, 30)}`, async () => {
      answer = broken;
      const providers = make();
      expect(await providers.of(image)).to.deep.equal([]);
      await providers.of(image);
      expect(asked).to.have.lengthOf(2);
    });
  }
});
