import { expect } from 'chai';
import { kinds } from '../../../src/api/index.ts';
import { ProtobufCodec } from '../../../src/apimachinery/protobuf/codec.ts';
import { KindRegistry } from '../../../src/apimachinery/registry.ts';
import { OpenApi } from '../../../src/apiserver/openapi/openapi.ts';
import { v3Messages } from '../../../src/apiserver/openapi/v3-protobuf.ts';

describe('OpenAPI 3 in protobuf', () => {
  const openApi = new OpenApi(new KindRegistry(kinds));
  let json: any;
  let message: any;
  before(async () => {
    json = JSON.parse((await openApi.v3Document('apis/apps/v1')!).body.toString());
    const { body } = await openApi.v3Document('apis/apps/v1', 'protobuf')!;
    message = new ProtobufCodec(v3Messages).decode('openapi.v3.Document', body);
  });
  const valueOf = (list: { name: string; value: any }[], name: string) => list.find((one) => one.name === name)?.value;

  it('has every path and every schema', () => {
    expect(message.openapi).to.equal('3.0.0');
    expect(message.paths.path.map((p: any) => p.name)).to.deep.equal(Object.keys(json.paths));
    const names = message.components.schemas.additionalProperties.map((d: any) => d.name);
    expect(names).to.deep.equal(Object.keys(json.components.schemas));
    expect(message.components.securitySchemes.additionalProperties[0].name).to.equal('BearerToken');
  });

  it('says of a schema what the JSON says', () => {
    const name = 'io.k8s.api.core.v1.ContainerPort';
    const { schema } = valueOf(message.components.schemas.additionalProperties, name);
    const protocol = valueOf(schema.properties.additionalProperties, 'protocol').schema;
    expect(protocol.default).to.deep.equal({ string: 'TCP' });
    expect(protocol.enum.map((one: any) => JSON.parse(one.yaml))).to.deep.equal(['SCTP', 'TCP', 'UDP']);
    const deployment = valueOf(message.components.schemas.additionalProperties, 'io.k8s.api.apps.v1.Deployment').schema;
    const spec = valueOf(deployment.properties.additionalProperties, 'spec').schema;
    expect(spec.allOf[0].reference.$ref).to.equal('#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec');
    expect(valueOf(deployment.specificationExtension, 'x-kubernetes-group-version-kind').yaml).to.contain('Deployment');
  });

  it('describes operations', () => {
    const { patch } = valueOf(message.paths.path, '/apis/apps/v1/namespaces/{namespace}/deployments/{name}');
    expect(patch.operationId).to.equal('patchAppsV1NamespacedDeployment');
    expect(patch.parameters.map((p: any) => p.parameter.name)).to.include('fieldValidation');
    const types = patch.requestBody.requestBody.content.additionalProperties.map((t: any) => t.name);
    expect(types).to.include('application/strategic-merge-patch+json');
  });
});
