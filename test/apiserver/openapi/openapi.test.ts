import { expect } from 'chai';
import { describedDefinitions, fromRecord } from '../../../src/api/definitions.ts';
import { kinds } from '../../../src/api/index.ts';
import { defineKind } from '../../../src/apimachinery/kind.ts';
import { KindRegistry } from '../../../src/apimachinery/registry.ts';
import type { CachedDocument } from '../../../src/apiserver/cached-document.ts';
import { OpenApi } from '../../../src/apiserver/openapi/openapi.ts';

async function parse(document: Promise<CachedDocument> | undefined): Promise<any> {
  return document && JSON.parse((await document).body.toString());
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

/** Every operation of a document, with its path and the parameters that hold for it. */
function operationsIn(document: any): { path: string; operation: any; parameters: any[] }[] {
  return Object.entries<any>(document.paths).flatMap(([path, item]) =>
    methods
      .filter((m) => item[m])
      .map((m) => ({
        path,
        operation: item[m],
        parameters: [...(item.parameters ?? []), ...(item[m].parameters ?? [])],
      })),
  );
}

/** All `$ref`s in a document. */
function refs(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') found.add(item);
    else refs(item, found);
  }
  return found;
}

describe('OpenAPI', () => {
  const registry = new KindRegistry(kinds);
  const openApi = new OpenApi(registry);
  let apps: any;
  let schemas: any;
  before(async () => {
    apps = await parse(openApi.v3Document('apis/apps/v1'));
    schemas = apps.components.schemas;
  });

  it('has an index of all groups, versions and discovery paths', async () => {
    const { paths } = await parse(openApi.v3Index());
    expect(paths['api/v1'].serverRelativeURL).to.match(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{128}$/);
    expect(paths['apis/apps/v1'].serverRelativeURL).to.match(/^\/openapi\/v3\/apis\/apps\/v1\?hash=/);
    expect(paths).to.include.keys('api', 'apis', 'version', 'apis/apps');
    const versions = new Set(kinds.map((k) => `${k.group}/${k.version}`));
    const groups = new Set(kinds.map((k) => k.group).filter(Boolean));
    expect(Object.keys(paths)).to.have.length(versions.size + groups.size + 3);
  });

  it('has a document for each entry of the index that a generator of clients can use', async () => {
    for (const name of Object.keys((await parse(openApi.v3Index())).paths)) {
      const document = await parse(openApi.v3Document(name));
      for (const ref of refs(document))
        expect(document.components.schemas, ref).to.have.property(ref.replace('#/components/schemas/', ''));
      for (const { path, operation, parameters } of operationsIn(document)) {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
        const declared = parameters.filter((p) => p.in === 'path').map((p) => p.name);
        expect(declared, path).to.have.members(inPath);
        const names = parameters.map((p) => `${p.in} ${p.name}`);
        expect(new Set(names).size, `${path}: ${names.join()}`).to.equal(names.length);
        expect(operation.operationId).to.match(/^[a-z][A-Za-z0-9]+$/);
        expect(operation.tags).to.have.length(1);
        expect(operation.responses).to.include.keys('200', '401');
      }
    }
    expect(openApi.v3Document('apis/nope/v1')).to.equal(undefined);
  });

  it('holds only the schemas that its paths need', () => {
    expect(schemas).to.have.property('io.k8s.api.core.v1.PodSpec');
    expect(schemas).to.not.have.property('io.k8s.api.core.v1.Node');
  });

  it('wraps references that have siblings and leaves others bare', () => {
    const spec = schemas['io.k8s.api.apps.v1.DeploymentSpec'];
    expect(spec.properties.strategy.allOf).to.deep.equal([
      { $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' },
    ]);
    expect(spec.properties.strategy['x-kubernetes-patch-strategy']).to.equal('retainKeys');
    expect(spec.properties.strategy.description).to.not.be.empty;
    expect(spec.properties.strategy).to.not.have.property('$ref');
    expect(spec.required).to.deep.equal(['selector', 'template']);
  });

  it('tells defaults and enumerations, which OpenAPI 2 does not', async () => {
    const core = (await parse(openApi.v3Document('api/v1'))).components.schemas;
    expect(core['io.k8s.api.core.v1.ContainerPort'].properties.protocol).to.deep.include({
      default: 'TCP',
      enum: ['SCTP', 'TCP', 'UDP'],
    });
    const { containers, tolerations, nodeSelector, affinity } = core['io.k8s.api.core.v1.PodSpec'].properties;
    expect(containers.items).to.deep.equal({
      default: {},
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }],
    });
    expect(tolerations.items.default).to.deep.equal({});
    expect(nodeSelector.additionalProperties).to.deep.equal({ type: 'string', default: '' });
    expect(affinity).to.not.have.property('default');
    expect(core['io.k8s.api.core.v1.Container'].properties.name.default).to.equal('');
    expect(core['io.k8s.api.core.v1.Pod'].properties.spec.default).to.deep.equal({});
    expect(schemas['io.k8s.api.apps.v1.DeploymentSpec'].properties.selector).to.not.have.property('default');
    const claim = core['io.k8s.api.core.v1.PersistentVolumeClaimSpec'].properties;
    expect(claim.accessModes.items.enum).to.include('ReadWriteOncePod');
    const v2 = (await parse(openApi.v2Document())).definitions['io.k8s.api.core.v1.ContainerPort'].properties.protocol;
    expect(v2).to.not.have.any.keys('default', 'enum');
  });

  it('has no text of a field that only repeats the text of its type', () => {
    const all = describedDefinitions();
    for (const name of all.names()) {
      for (const [field, { $ref, description }] of Object.entries(all.get(name)!.properties ?? {})) {
        const type = $ref && all.get($ref.replace('#/definitions/', ''))?.description;
        if (type) expect(type.startsWith(description ?? '-'), `${name} ${field}`).to.equal(false);
      }
    }
  });

  it('says what quantities and int-or-strings accept', () => {
    expect(schemas['io.k8s.apimachinery.pkg.api.resource.Quantity'].oneOf).to.deep.equal([
      { type: 'string' },
      { type: 'number' },
    ]);
    expect(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).to.deep.include({ format: 'int-or-string' });
  });

  it('tells kubectl that patches know field validation and dry run', () => {
    const { patch } = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(patch['x-kubernetes-group-version-kind']).to.deep.equal({
      group: 'apps',
      kind: 'Deployment',
      version: 'v1',
    });
    expect(patch['x-kubernetes-action']).to.equal('patch');
    expect(patch.operationId).to.equal('patchAppsV1NamespacedDeployment');
    expect(patch.parameters.map((p: { name: string }) => p.name)).to.include.members([
      'fieldValidation',
      'dryRun',
      'fieldManager',
    ]);
    expect(Object.keys(patch.requestBody.content)).to.include('application/strategic-merge-patch+json');
  });

  it('has a path for every verb', async () => {
    const one = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    const many = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments'];
    expect(one).to.include.keys('get', 'put', 'patch', 'delete', 'parameters');
    expect(one.parameters.map((p: { name: string }) => p.name)).to.deep.equal(['name', 'namespace', 'pretty']);
    expect(many).to.include.keys('get', 'post', 'delete');
    expect(many.get['x-kubernetes-action']).to.equal('list');
    expect(apps.paths['/apis/apps/v1/deployments']).to.include.keys('get');
    expect(apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status']).to.include.keys(
      'get',
      'put',
      'patch',
    );
    const core = await parse(openApi.v3Document('api/v1'));
    expect(core.paths['/api/v1/nodes/{name}'].get.operationId).to.equal('readCoreV1Node');
    expect(core.paths).to.not.have.property('/api/v1/namespaces/{namespace}/nodes');
  });

  it('knows connections, discovery and the old paths of watches', async () => {
    const { paths } = await parse(openApi.v3Document('api/v1'));
    const pod = '/api/v1/namespaces/{namespace}/pods/{name}';
    expect(paths[`${pod}/exec`].post.operationId).to.equal('connectCoreV1PostNamespacedPodExec');
    expect(paths[`${pod}/exec`].get['x-kubernetes-action']).to.equal('connect');
    expect(paths[`${pod}/exec`].get['x-kubernetes-group-version-kind'].kind).to.equal('PodExecOptions');
    expect(paths[`${pod}/proxy/{path}`].head.operationId).to.equal('connectCoreV1HeadNamespacedPodProxyWithPath');
    expect(paths[`${pod}/log`].get.parameters.map((p: any) => p.name)).to.include.members(['follow', 'tailLines']);
    expect(paths['/api/v1/watch/pods'].get.operationId).to.equal('watchCoreV1PodListForAllNamespaces');
    expect(paths['/api/v1/watch/namespaces/{namespace}/pods/{name}'].get['x-kubernetes-action']).to.equal('watch');
    expect(paths['/api/v1/'].get.operationId).to.equal('getCoreV1APIResources');
    const group = await parse(openApi.v3Document('apis/rbac.authorization.k8s.io'));
    expect(operationsIn(group).map((o) => o.operation.operationId)).to.deep.equal(['getRbacAuthorizationAPIGroup']);
  });

  it('names every operation once', async () => {
    const ids = operationsIn(await parse(openApi.v2Document())).map((o) => o.operation.operationId as string);
    expect(ids.length).to.be.greaterThan(700);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).to.deep.equal([]);
  });

  it('comes as one OpenAPI 2 document too', async () => {
    const document = await parse(openApi.v2Document());
    expect(document.swagger).to.equal('2.0');
    expect(document.definitions['io.k8s.api.core.v1.Pod']['x-kubernetes-group-version-kind']).to.deep.equal([
      { group: '', version: 'v1', kind: 'Pod' },
    ]);
    for (const ref of refs(document))
      expect(document.definitions, ref).to.have.property(ref.replace('#/definitions/', ''));
  });

  it('is made when asked for, kept, and dropped when the registry changes', async () => {
    const gadget = defineKind({
      group: 'x.io',
      version: 'v1',
      kind: 'Gadget',
      plural: 'gadgets',
      namespaced: true,
      definition: 'io.x.v1.Gadget',
    });
    let reads = 0;
    const own = new KindRegistry([gadget]);
    const documents = new OpenApi(own, { definitions: () => (reads++, fromRecord({})) });
    const before = (await documents.v3Index()).etag;
    expect(reads).to.equal(0);
    const first = await documents.v3Document('apis/x.io/v1')!;
    expect(await documents.v3Document('apis/x.io/v1')).to.equal(first);
    expect(first.etag).to.equal(`"${documents.v3Hash('apis/x.io/v1')}"`);
    expect(JSON.parse(first.body.toString()).components.schemas).to.include.keys(
      'io.x.v1.Gadget',
      'io.x.v1.GadgetList',
    );
    own.add({ ...gadget, kind: 'Widget', plural: 'widgets', definition: 'io.x.v1.Widget' });
    expect((await documents.v3Index()).etag).to.not.equal(before);
    expect((await parse(documents.v3Document('apis/x.io/v1'))).components.schemas).to.include.keys('io.x.v1.Widget');
  });

  it('keeps what a change of the registry does not concern', async () => {
    const own = new KindRegistry(kinds);
    const documents = new OpenApi(own);
    const [apps, v2] = [await documents.v3Document('apis/apps/v1')!, await documents.v2Document()];
    own.add(defineKind({ group: 'x.io', version: 'v1', kind: 'Gadget', plural: 'gadgets', namespaced: true }));
    expect(await documents.v3Document('apis/apps/v1')).to.equal(apps);
    expect(await documents.v2Document()).to.not.equal(v2);
    own.remove(kinds.find((k) => k.plural === 'deployments')!);
    expect(await documents.v3Document('apis/apps/v1')).to.not.equal(apps);
  });
});
