import { expect } from 'chai';
import { AdmissionChain } from '../../src/admission/chain.ts';
import { admissionPlugins, chosenPlugins } from '../../src/admission/index.ts';
import type { AdmissionPlugin } from '../../src/admission/plugin.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { event } from '../../src/api/events-v1/event.ts';
import { event as coreEvent } from '../../src/api/core-v1/event.ts';
import { aRequest, Objects } from './requests.ts';

const plugin = (name: string, calls: string[], rest: Partial<AdmissionPlugin> = {}): AdmissionPlugin => ({
  name,
  operations: ['CREATE'],
  admit: async () => void calls.push(`admit ${name}`),
  validate: () => void calls.push(`validate ${name}`),
  ...rest,
});

describe('admission', () => {
  let calls: string[];
  beforeEach(() => (calls = []));
  const chain = (...plugins: AdmissionPlugin[]) => new AdmissionChain(plugins, new Objects());

  it('asks the plugins in their order, each for its operations', async () => {
    const all = chain(
      plugin('a', calls),
      plugin('b', calls, { operations: ['DELETE'] }),
      plugin('c', calls, { operations: ['CREATE', 'DELETE'] }),
    );
    await all.admit(aRequest(configMap, {}));
    await all.validate(aRequest(configMap, {}));
    expect(calls).to.deep.equal(['admit a', 'admit c', 'validate a', 'validate c']);
  });

  it('leaves out the plugins that are switched off', () => {
    const names = (choice: Parameters<typeof chosenPlugins>[0]) => chosenPlugins(choice).map(({ name }) => name);
    const all = admissionPlugins().map(({ name }) => name);
    expect(names({ enable: ['Priority'], disable: [] })).to.deep.equal(all);
    const some = names({ enable: ['Priority'], disable: ['ServiceAccount', 'LimitRanger'] });
    expect(some).to.deep.equal(all.filter((name) => name !== 'ServiceAccount' && name !== 'LimitRanger'));
    expect(() => names({ enable: ['__proto__'], disable: [] })).to.throw('admission plugin "__proto__" is unknown');
  });

  it('asks only about the kinds and subresources that a plugin names, in any version', async () => {
    const all = chain(
      plugin('pods', calls, { kinds: [pod] }),
      plugin('binding', calls, { kinds: [pod], subresources: ['binding'] }),
      plugin('all', calls, { subresources: 'all' }),
    );
    await all.admit(aRequest(pod, {}, { subresource: 'binding' }));
    await all.admit(aRequest({ ...pod, version: 'v2' }, {}));
    await all.admit(aRequest(configMap, {}));
    expect(calls).to.deep.equal(['admit binding', 'admit all', 'admit pods', 'admit all', 'admit all']);
  });

  it('does not take kinds of one name in two groups for the same', async () => {
    const all = chain(plugin('core', calls, { kinds: [coreEvent] }));
    await all.admit(aRequest(event, {}));
    expect(calls).to.deep.equal([]);
  });

  it('stops at the first that refuses, and takes back what those before it did', async () => {
    const refuse = () => {
      throw new Error('no');
    };
    const counts = plugin('counts', calls, {
      validate: ({ undos }) => void undos.push(async () => void calls.push('undone')),
    });
    const all = chain(counts, plugin('no', calls, { validate: refuse }), plugin('never', calls));
    const outcome = await all.validate(aRequest(configMap, {})).catch((e: Error) => e.message);
    expect(outcome).to.equal('no');
    expect(calls).to.deep.equal(['undone']);
  });

  it("has upstream's order", () => {
    expect(admissionPlugins().map(({ name }) => name)).to.deep.equal([
      'NamespaceLifecycle',
      'LimitRanger',
      'ServiceAccount',
      'TaintNodesByCondition',
      'Priority',
      'DefaultTolerationSeconds',
      'DefaultStorageClass',
      'StorageObjectInUseProtection',
      'PersistentVolumeClaimResize',
      'RuntimeClass',
      'CertificateApproval',
      'CertificateSigning',
      'ClusterTrustBundleAttest',
      'CertificateSubjectRestriction',
      'DefaultIngressClass',
      'PodTopologyLabels',
      'ResourceQuota',
    ]);
  });
});
