import { undo } from '../../admission/chain.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import type { ResourceRequest } from '../handlers/services.ts';
import { admissionRequest, type Registry, type Target, type WriteOptions } from '../registry/registry.ts';

/**
 * Has admission judge what is posted to a subresource that has code of its own (an eviction, a token request): it is a
 * CREATE of what was sent, which may be changed. `carryOut` does it; when it fails, so does the request.
 * @throws ApiError what admission says
 */
export async function admitPosted<T>(
  registry: Registry,
  target: Target,
  subresource: string,
  sent: AnyObject,
  options: WriteOptions,
  carryOut: () => Promise<T>,
): Promise<T> {
  const request = admissionRequest('CREATE', target, options, { subresource, object: sent });
  await registry.admission.admit(request);
  await registry.admission.validate(request);
  try {
    return await carryOut();
  } catch (error) {
    await undo(request);
    throw error;
  }
}

/**
 * Has admission judge a connection to an object (exec, attach, portforward, proxy). `connectOptions` is what is asked
 * for, as an object of the API (`PodExecOptions`, ...). The one place where CONNECT is admitted.
 * @throws ApiError what admission says
 */
export async function admitConnect(
  registry: Registry,
  { exchange, target, subresource }: ResourceRequest,
  connectOptions: object,
): Promise<void> {
  const options = { user: exchange.user, dryRun: false };
  const object = connectOptions as AnyObject;
  const request = admissionRequest('CONNECT', target, options, { subresource: subresource?.name ?? '', object });
  await registry.admission.admit(request);
  await registry.admission.validate(request);
}
