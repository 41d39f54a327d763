import { expect } from 'chai';
import { definitions, describedDefinitions } from '../../src/api/definitions.ts';
import { kinds } from '../../src/api/index.ts';
import type { Schema } from '../../src/apimachinery/schema/schema.ts';

function property(definition: string, name: string): Schema | undefined {
  return definitions().get(definition)?.properties?.[name];
}

/** How many definitions or properties carry each extension. */
function count(): Record<string, number> {
  const counts: Record<string, number> = { definitions: 0, properties: 0 };
  const add = (key: string) => (counts[key] = (counts[key] ?? 0) + 1);
  for (const name of definitions().names()) {
    const schema = definitions().get(name)!;
    add('definitions');
    for (const key of Object.keys(schema)) if (key.startsWith('x-')) add(key);
    for (const field of Object.values(schema.properties ?? {})) {
      add('properties');
      for (const key of Object.keys(field)) if (key.startsWith('x-')) add(key);
    }
  }
  return counts;
}

describe('definitions', () => {
  it('are complete', () => {
    expect(count()).to.deep.equal({
      definitions: 757 + 14 + 6,
      properties: 3137 + 22,
      'x-kubernetes-group-version-kind': 193 + 4,
      'x-kubernetes-list-type': 407,
      'x-kubernetes-list-map-keys': 80,
      'x-kubernetes-patch-strategy': 72,
      'x-kubernetes-patch-merge-key': 68,
      'x-kubernetes-map-type': 42,
      'x-kubernetes-unions': 8,
    });
  });

  it('refer only to each other', () => {
    const broken: string[] = [];
    const visit = (schema: Schema, where: string) => {
      if (schema.$ref && !definitions().get(schema.$ref.replace('#/definitions/', '')))
        broken.push(`${where}: ${schema.$ref}`);
      if (schema.items) visit(schema.items, where);
      if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, where);
      for (const [name, field] of Object.entries(schema.properties ?? {})) visit(field, `${where}.${name}`);
    };
    for (const name of definitions().names()) visit(definitions().get(name)!, name);
    expect(broken).to.deep.equal([]);
  });

  it('hold one for every built-in kind, with its group, version and kind', () => {
    for (const { group, version, kind, definition } of kinds) {
      expect(definitions().get(definition)?.['x-kubernetes-group-version-kind'], definition).to.deep.include({
        group,
        version,
        kind,
      });
    }
  });

  it('know types that client-node has flattened', () => {
    expect(property('io.k8s.api.core.v1.ResourceRequirements', 'limits')).to.deep.equal({
      type: 'object',
      additionalProperties: { $ref: '#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity' },
    });
    expect(property('io.k8s.api.core.v1.ServicePort', 'targetPort')?.$ref).to.match(/IntOrString$/);
    expect(property('io.k8s.api.coordination.v1.LeaseSpec', 'renewTime')?.$ref).to.match(/MicroTime$/);
    expect(property('io.k8s.api.core.v1.Secret', 'data')?.additionalProperties).to.deep.equal({
      type: 'string',
      format: 'byte',
    });
    expect(property('io.k8s.api.apps.v1.ControllerRevision', 'data')?.$ref).to.match(/RawExtension$/);
    expect(property('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'generation')).to.deep.equal({
      type: 'integer',
      format: 'int64',
    });
  });

  it('know how lists merge, also where apply and patch differ', () => {
    const ports = property('io.k8s.api.core.v1.Container', 'ports')!;
    expect(ports['x-kubernetes-list-map-keys']).to.deep.equal(['containerPort', 'protocol']);
    expect(ports['x-kubernetes-patch-merge-key']).to.equal('containerPort');
    expect(property('io.k8s.api.apps.v1.DeploymentSpec', 'strategy')!['x-kubernetes-patch-strategy']).to.equal(
      'retainKeys',
    );
  });

  it('know what is required', () => {
    expect(definitions().get('io.k8s.api.apps.v1.DeploymentSpec')?.required).to.deep.equal(['selector', 'template']);
  });

  it('carry descriptions only when asked for', () => {
    const name = 'io.k8s.api.apps.v1.DeploymentSpec';
    expect(definitions().get(name)!.description).to.equal(undefined);
    const described = describedDefinitions().get(name)!;
    expect(described.description).to.equal(
      'DeploymentSpec is the specification of the desired behavior of the Deployment.',
    );
    expect(described.properties!.replicas!.description).to.match(/^Number of desired pods\./);
    for (const text of Object.values(described.properties!).map((p) => p.description)) expect(text).to.not.be.empty;
  });
});
