import { expect } from 'chai';
import { kinds } from '../../src/api/index.ts';
import { defineKind, statusSubresource } from '../../src/apimachinery/kind.ts';
import { KindRegistry } from '../../src/apimachinery/registry.ts';
import { discoveryDocument } from '../../src/apiserver/discovery.ts';

const pod = defineKind({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    statusSubresource,
    { name: 'eviction', verbs: ['create'], kind: { group: 'policy', version: 'v1', kind: 'Eviction' } },
  ],
});
const node = defineKind({ group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false });
const gadget = defineKind({ group: 'x.io', version: 'v1beta1', kind: 'Gadget', plural: 'gadgets', namespaced: true });
const newGadget = defineKind({ ...gadget, version: 'v1' });

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const v2beta1 = v2.replace('v2', 'v2beta1');

describe('discovery', () => {
  const registry = new KindRegistry([pod, node, gadget, newGadget]);
  const get = (path: string, accept?: string) => {
    const document = discoveryDocument(registry, path, accept);
    return document && JSON.parse(document.body.toString());
  };

  it('lists versions and groups in the plain form', () => {
    expect(get('/api')).to.deep.equal({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
    const found = JSON.parse(discoveryDocument(registry, '/api', '', '192.0.2.1:6443')!.body.toString());
    expect(found.serverAddressByClientCIDRs).to.deep.equal([
      { clientCIDR: '0.0.0.0/0', serverAddress: '192.0.2.1:6443' },
    ]);
    const versions = [
      { groupVersion: 'x.io/v1', version: 'v1' },
      { groupVersion: 'x.io/v1beta1', version: 'v1beta1' },
    ];
    const group = { name: 'x.io', versions, preferredVersion: versions[0] };
    expect(get('/apis')).to.deep.equal({ kind: 'APIGroupList', apiVersion: 'v1', groups: [group] });
    expect(get('/apis/x.io')).to.deep.equal({ kind: 'APIGroup', apiVersion: 'v1', ...group });
  });

  it('puts the groups that clients prefer first, and custom ones last', () => {
    const built = new KindRegistry([gadget, ...kinds]);
    const document = discoveryDocument(built, '/apis')!;
    const names = JSON.parse(document.body.toString()).groups.map((g: { name: string }) => g.name);
    expect(names.slice(0, 4)).to.deep.equal([
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
    ]);
    expect(names.at(-1)).to.equal('x.io');
    expect(names).to.have.members([...new Set([...kinds, gadget].map((k) => k.group).filter(Boolean))]);
  });

  it('gives kinds that are stored together one hash, and questions none', () => {
    const built = new KindRegistry(kinds);
    const hashes = ['/api/v1', '/apis/events.k8s.io/v1'].map((path) => {
      const { resources } = JSON.parse(discoveryDocument(built, path)!.body.toString());
      return resources.find((r: { name: string }) => r.name === 'events').storageVersionHash;
    });
    expect(hashes[0])
      .to.equal(hashes[1])
      .and.to.match(/^[A-Za-z0-9+/]{11}=$/);
    const reviews = JSON.parse(discoveryDocument(built, '/apis/authorization.k8s.io/v1')!.body.toString()).resources;
    for (const review of reviews) expect(review).to.not.have.property('storageVersionHash');
    const core = JSON.parse(discoveryDocument(built, '/api/v1')!.body.toString()).resources;
    for (const name of ['bindings', 'componentstatuses', 'pods/status'])
      expect(
        core.find((r: { name: string }) => r.name === name),
        name,
      ).to.not.have.property('storageVersionHash');
  });

  it('lists resources and subresources', () => {
    const list = get('/api/v1/');
    expect(list).to.deep.include({ kind: 'APIResourceList', groupVersion: 'v1' });
    expect(list.resources.map((r: { name: string }) => r.name)).to.deep.equal([
      'nodes',
      'pods',
      'pods/eviction',
      'pods/status',
    ]);
    expect(list.resources[1]).to.deep.equal({
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      shortNames: ['po'],
      categories: ['all'],
      storageVersionHash: 'xPOwRZ+Yhw8=',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    });
    expect(list.resources[2]).to.deep.equal({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    expect(get('/apis/x.io/v1beta1').resources[0]).to.include({ name: 'gadgets', kind: 'Gadget' });
  });

  it('gives everything at once to clients that ask for it', () => {
    const core = get('/api', `${v2},${v2beta1},application/json`);
    expect(core).to.deep.include({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    expect(core.items).to.have.length(1);
    expect(core.items[0].metadata.name).to.equal(undefined);
    expect(core.items[0].versions[0].resources[1]).to.deep.equal({
      resource: 'pods',
      responseKind: { group: '', version: 'v1', kind: 'Pod' },
      scope: 'Namespaced',
      singularResource: 'pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
      subresources: [
        {
          subresource: 'eviction',
          responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
          verbs: ['create'],
        },
        {
          subresource: 'status',
          responseKind: { group: '', version: 'v1', kind: 'Pod' },
          verbs: ['get', 'patch', 'update'],
        },
      ],
    });
    const groups = get('/apis', v2);
    expect(groups.items.map((i: any) => [i.metadata.name, i.versions.map((v: any) => v.version)])).to.deep.equal([
      ['x.io', ['v1', 'v1beta1']],
    ]);
  });

  const forms: [string, string][] = [
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    [v2, v2],
    [v2beta1, v2beta1],
    [`${v2beta1}, ${v2}`, v2beta1],
    [`application/yaml, application/json; as=APIGroupDiscoveryList; v=v2; g=apidiscovery.k8s.io`, v2],
    ['application/json;as=APIGroupDiscoveryList;v=v9;g=apidiscovery.k8s.io,application/json', 'application/json'],
  ];
  for (const [accept, type] of forms) {
    it(`answers ${accept || 'no preference'} in kind`, () => {
      expect(discoveryDocument(registry, '/apis', accept)!.contentType).to.equal(type);
    });
  }

  it('knows nothing of other paths', () => {
    for (const path of [
      '/api/v2',
      '/apis/y.io',
      '/apis/x.io/v2',
      '/api/v1/pods',
      '/apis/x.io/v1/gadgets',
      '/version',
      '/',
    ]) {
      expect(get(path), path).to.equal(undefined);
    }
  });

  it('is made once, and anew when a kind comes or goes', () => {
    const own = new KindRegistry([pod]);
    const first = discoveryDocument(own, '/api/v1')!;
    expect(discoveryDocument(own, '/api/v1/')).to.equal(first);
    own.add(node);
    const second = discoveryDocument(own, '/api/v1')!;
    expect(second.etag).to.not.equal(first.etag);
    expect(second.etag).to.match(/^"[0-9A-F]{128}"$/);
    own.remove(node);
    expect(discoveryDocument(own, '/api/v1')!.etag).to.equal(first.etag);
  });
});
