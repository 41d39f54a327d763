import { expect } from 'chai';
import { kinds } from '../../../src/api/index.ts';
import { ProtobufCodec } from '../../../src/apimachinery/protobuf/codec.ts';
import { KindRegistry } from '../../../src/apimachinery/registry.ts';
import { OpenApi } from '../../../src/apiserver/openapi/openapi.ts';
import { v2Messages } from '../../../src/apiserver/openapi/v2-protobuf.ts';

describe('OpenAPI 2 in protobuf', () => {
  const openApi = new OpenApi(new KindRegistry(kinds));
  let json: any;
  let message: any;
  before(async () => {
    json = JSON.parse((await openApi.v2Document()).body.toString());
    const { body, contentType } = await openApi.v2Document('protobuf');
    expect(contentType).to.equal('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    message = new ProtobufCodec(v2Messages).decode('openapi.v2.Document', body);
  });
  const valueOf = (list: { name: string; value: any }[], name: string) => list.find((one) => one.name === name)?.value;

  it('has every path and every definition', () => {
    expect(message.swagger).to.equal('2.0');
    expect(message.paths.path.map((p: any) => p.name)).to.deep.equal(Object.keys(json.paths));
    const names = message.definitions.additionalProperties.map((d: any) => d.name);
    expect(names).to.deep.equal(Object.keys(json.definitions));
  });

  it('says of a definition what the JSON says', () => {
    const name = 'io.k8s.api.apps.v1.DeploymentSpec';
    const found = valueOf(message.definitions.additionalProperties, name);
    const { description, required, properties } = json.definitions[name];
    expect(found).to.deep.include({ description, required, type: { value: ['object'] } });
    expect(valueOf(found.properties.additionalProperties, 'template').$ref).to.equal(properties.template.$ref);
    expect(valueOf(found.properties.additionalProperties, 'replicas').format).to.equal('int32');
    const deployment = valueOf(message.definitions.additionalProperties, 'io.k8s.api.apps.v1.Deployment');
    const kind = valueOf(deployment.vendorExtension, 'x-kubernetes-group-version-kind');
    expect(JSON.parse(kind.yaml)).to.deep.equal([{ group: 'apps', kind: 'Deployment', version: 'v1' }]);
  });

  it('names the parameters of an operation', () => {
    const { patch } = valueOf(message.paths.path, '/api/v1/namespaces/{namespace}/pods/{name}');
    const query = patch.parameters.map((p: any) => p.parameter.nonBodyParameter?.query?.name).filter(Boolean);
    expect(query).to.include.members(['dryRun', 'fieldValidation']);
    expect(patch.parameters[0].parameter.bodyParameter.required).to.equal(true);
  });
});
