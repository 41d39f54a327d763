import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { kinds } from '../../src/api/index.ts';
import { allVerbs, gvkKey } from '../../src/apimachinery/kind.ts';
import { cells, columnNames, created, defaulted, object } from './kind-cases.ts';

const definitionsFile = 'generated/definitions.json';

describe('the list of built-in kinds', () => {
  let definitions: Record<
    string,
    { 'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[] }
  >;

  before(function () {
    this.timeout(60_000);
    if (!existsSync(definitionsFile)) execFileSync(process.execPath, ['scripts/schema/derive.ts']);
    definitions = JSON.parse(readFileSync(definitionsFile, 'utf8'));
  });

  it('names each group, version, kind and plural once', () => {
    const names = kinds.flatMap((k) => [gvkKey(k), `${k.group}/${k.version}:${k.plural}`]);
    expect(names.length).to.equal(new Set(names).size);
  });

  it('has a definition of exactly that kind for every kind', () => {
    const wrong = kinds.filter(({ group, version, kind, definition }) => {
      const gvks = definitions[definition]?.['x-kubernetes-group-version-kind'] ?? [];
      return !gvks.some((gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind);
    });
    expect(wrong.map((k) => k.definition)).to.deep.equal([]);
  });

  it('has a definition for every body of a subresource', () => {
    const bodies = kinds.flatMap((k) => k.subresources.flatMap((s) => s.definition ?? []));
    expect(bodies.length).to.be.greaterThan(4);
    expect(bodies.filter((name) => !definitions[name])).to.deep.equal([]);
  });

  it('holds every stable kind that can be listed', () => {
    const listed = Object.values(definitions)
      .flatMap((d) => d['x-kubernetes-group-version-kind'] ?? [])
      .filter(({ version, kind }) => /^v\d+$/.test(version) && kind.endsWith('List'))
      .map(({ group, version, kind }) => `${group}/${version}/${kind.slice(0, -4)}`)
      .filter((name) => !['/v1/APIGroup', '/v1/APIResource'].includes(name));
    const served = new Set(kinds.map(gvkKey));
    expect(listed.length).to.be.greaterThan(50);
    expect(listed.filter((name) => !served.has(name))).to.deep.equal([]);
  });

  it('gives each kind that is read its columns, the name among them', () => {
    const readable = kinds.filter((k) => k.verbs.includes('get'));
    expect(readable.filter((k) => !k.columns.some((c) => c.format === 'name')).map(gvkKey)).to.deep.equal([]);
  });

  it('lets short names point at one resource only', () => {
    const owners = new Map<string, Set<string>>();
    for (const kind of kinds) {
      for (const name of kind.shortNames) owners.set(name, (owners.get(name) ?? new Set()).add(kind.plural));
    }
    expect([...owners].filter(([, plurals]) => plurals.size > 1)).to.deep.equal([]);
  });

  it('lists reviews as questions that are only created', () => {
    const reviews = kinds.filter((k) => k.kind.endsWith('Review'));
    expect(reviews.map((k) => k.kind)).to.have.length(6);
    for (const review of reviews) {
      expect(review.ephemeral).to.equal(true);
      expect(review.verbs).to.deep.equal(['create']);
    }
  });

  it('uses known verbs', () => {
    for (const kind of kinds) for (const verb of kind.verbs) expect(allVerbs).to.include(verb);
  });
});

describe('every kind', () => {
  for (const kind of kinds) {
    describe(gvkKey(kind), () => {
      it('survives an object without any field', () => {
        const made = created(kind);
        expect(() => kind.validate?.(made)).not.to.throw();
        expect(() => kind.validateUpdate?.(made, created(kind))).not.to.throw();
        for (const read of Object.values(kind.selectableFields)) expect(read(object(kind))).to.be.a('string');
        for (const cell of Object.values(cells(kind))) expect(cell).not.to.equal(undefined);
      });

      it('defaults an object that has its defaults to itself', () => {
        const once = defaulted(kind);
        const again = structuredClone(once);
        kind.setDefaults?.(again);
        expect(again).to.deep.equal(once);
      });

      it('accepts a change that changes nothing', () => {
        const before = created(kind);
        const after = structuredClone(before);
        kind.prepareForUpdate?.(after, before, { now: 0, user: 'ann', subresource: '' });
        expect(after).to.deep.equal(before);
        expect(kind.validateUpdate?.(after, before) ?? []).to.deep.equal([]);
      });
    });
  }
});

describe('columns', () => {
  const tables: Record<string, string> = {
    Pod: 'Name | Ready | Status | Restarts | Age | (IP) | (Node) | (Nominated Node) | (Readiness Gates)',
    Node: 'Name | Status | Roles | Age | Version | (Internal-IP) | (External-IP) | (OS-Image) | (Kernel-Version) | (Container-Runtime)',
    Service: 'Name | Type | Cluster-IP | External-IP | Port(s) | Age | (Selector)',
    Deployment: 'Name | Ready | Up-to-date | Available | Age | (Containers) | (Images) | (Selector)',
    ReplicaSet: 'Name | Desired | Current | Ready | Age | (Containers) | (Images) | (Selector)',
    ReplicationController: 'Name | Desired | Current | Ready | Age | (Containers) | (Images) | (Selector)',
    StatefulSet: 'Name | Ready | Age | (Containers) | (Images)',
    DaemonSet:
      'Name | Desired | Current | Ready | Up-to-date | Available | Node Selector | Age | (Containers) | (Images) | (Selector)',
    Job: 'Name | Status | Completions | Duration | Age | (Containers) | (Images) | (Selector)',
    CronJob:
      'Name | Schedule | Timezone | Suspend | Active | Last Schedule | Age | (Containers) | (Images) | (Selector)',
    Ingress: 'Name | Class | Hosts | Address | Ports | Age',
    Event: 'Last Seen | Type | Reason | Object | (Subobject) | (Source) | Message | (First Seen) | (Count) | (Name)',
    EndpointSlice: 'Name | AddressType | Ports | Endpoints | Age',
    Endpoints: 'Name | Endpoints | Age',
    Namespace: 'Name | Status | Age',
    ConfigMap: 'Name | Data | Age',
    Secret: 'Name | Type | Data | Age',
    ServiceAccount: 'Name | Secrets | Age',
    Lease: 'Name | Holder | Age',
    PersistentVolumeClaim:
      'Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | (VolumeMode)',
    PersistentVolume:
      'Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | (VolumeMode)',
    HorizontalPodAutoscaler: 'Name | Reference | Targets | MinPods | MaxPods | Replicas | Age',
    PodDisruptionBudget: 'Name | Min Available | Max Unavailable | Allowed Disruptions | Age',
    NetworkPolicy: 'Name | Pod-Selector | Age',
    RoleBinding: 'Name | Role | Age | (Users) | (Groups) | (ServiceAccounts)',
    ClusterRole: 'Name | Created At',
    StorageClass: 'Name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age',
    CertificateSigningRequest: 'Name | Age | SignerName | Requestor | RequestedDuration | Condition',
    CustomResourceDefinition: 'Name | Created At',
    APIService: 'Name | Service | Available | Age',
    PriorityClass: 'Name | Value | Global-Default | Age | PreemptionPolicy',
    ControllerRevision: 'Name | Controller | Revision | Age',
  };
  for (const [name, columns] of Object.entries(tables)) {
    it(`of ${name} are those that kubectl shows`, () => {
      const found = kinds.filter((k) => k.kind === name);
      expect(found.length).to.be.greaterThan(0);
      for (const kind of found) expect(columnNames(kind)).to.equal(columns);
    });
  }
});
