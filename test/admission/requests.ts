import { expect } from 'chai';
import { AdmissionChain } from '../../src/admission/chain.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../src/admission/plugin.ts';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import { copyJson } from '../../src/apimachinery/json-value.ts';
import { gvkKey, type Kind } from '../../src/apimachinery/kind.ts';
import { keyOf, type AnyObject } from '../../src/apimachinery/object.ts';
import { anonymous, type UserInfo } from '../../src/auth/user.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

export const uid = 'b09111fa-a98c-46d5-b052-ea1a0354de2f';

/** A request to create an object of `kind`, or what `more` says. */
export function aRequest(
  kind: Kind<any>,
  object: object | undefined,
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  const namespace = kind.namespaced ? 'default' : '';
  const complete = object && withMetadata(kind, object, namespace);
  return {
    operation: 'CREATE',
    kind,
    subresource: '',
    namespace,
    name: complete?.metadata.name ?? 'a',
    object: complete,
    user: anonymous,
    dryRun: false,
    undos: [],
    ...more,
  };
}

/** A request to change an object. */
export function anUpdate(kind: Kind<any>, object: object, oldObject: object, subresource = ''): AdmissionRequest {
  const old = withMetadata(kind, oldObject, kind.namespaced ? 'default' : '');
  return aRequest(kind, object, { operation: 'UPDATE', subresource, oldObject: old });
}

function withMetadata(kind: Kind, object: object, namespace: string): AnyObject {
  const { metadata, ...rest } = copyJson(object) as Partial<AnyObject>;
  const whole = Object.assign({ name: 'a', ...(namespace && { namespace }), uid }, metadata);
  return Object.assign({ apiVersion: 'v1', kind: kind.kind }, rest, { metadata: whole });
}

/** A small world for plugins: objects by kind, and somebody who says who may do what. */
export class Objects implements AdmissionContext {
  readonly clock = new VirtualClock();
  readonly #objects = new Map<string, AnyObject>();
  /** What `authorize` was asked, as `verb resource/name`. */
  readonly asked: string[] = [];
  allows: (user: UserInfo, verb: string, name: string) => boolean = () => false;

  readonly authorizer = {
    authorize: async (user: UserInfo, attributes: any) => {
      this.asked.push(`${attributes.verb} ${attributes.apiGroup}/${attributes.resource}/${attributes.name}`);
      return { allowed: this.allows(user, attributes.verb, attributes.name) };
    },
  };

  with(kind: Kind<any>, ...objects: object[]): this {
    for (const object of objects) {
      const complete = withMetadata(kind, object, kind.namespaced ? 'default' : '');
      this.#objects.set(`${gvkKey(kind)} ${keyOf(complete)}`, complete);
    }
    return this;
  }

  get = async (kind: Kind<any>, name: { namespace?: string | undefined; name: string }): Promise<any> =>
    this.#objects.get(`${gvkKey(kind)} ${keyOf(name)}`);

  list = async (kind: Kind<any>, namespace?: string): Promise<any[]> =>
    [...this.#objects]
      .filter(
        ([key, { metadata }]) => key.startsWith(`${gvkKey(kind)} `) && (!namespace || metadata.namespace === namespace),
      )
      .map(([, object]) => object);

  update = async (
    kind: Kind<any>,
    name: { namespace?: string | undefined; name: string },
    change: (now: any) => any,
  ) => {
    const key = `${gvkKey(kind)} ${keyOf(name)}`;
    const current = this.#objects.get(key);
    const next = current && change(current);
    if (next) this.#objects.set(key, next);
    return current !== undefined;
  };
}

/** The object as the plugin leaves it. The chain asks it, so that it must declare what it is asked about. */
export async function admitted(
  plugin: AdmissionPlugin,
  request: AdmissionRequest,
  context: AdmissionContext = new Objects(),
): Promise<any> {
  const chain = new AdmissionChain([plugin], context);
  await chain.admit(request);
  await chain.validate(request);
  return request.object;
}

/** The message with which the plugin refuses a request. */
export async function refusal(
  plugin: AdmissionPlugin,
  request: AdmissionRequest,
  context?: AdmissionContext,
): Promise<string> {
  try {
    await admitted(plugin, request, context);
  } catch (error) {
    expect(isApiError(error, 'Forbidden'), String(error)).to.equal(true);
    return (error as Error).message;
  }
  return expect.fail('was admitted');
}
