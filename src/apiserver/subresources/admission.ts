import type { AdmissionOperation } from '../../admission/plugin.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ResourceRequest } from '../handlers/services.ts';
import { admissionRequest, type Registry, type WriteOptions } from '../registry/registry.ts';

/**
 * Asks admission about a subresource that has code of its own: the one place where it does. CONNECT is for what opens
 * a connection (exec, attach, portforward, proxy), with the request's options (`PodExecOptions`, ...) as the object;
 * CREATE for what is posted (eviction, token).
 * @throws ApiError what a plugin says
 */
export async function admitSubresource(
  registry: Registry,
  operation: Extract<AdmissionOperation, 'CREATE' | 'CONNECT'>,
  { target, subresource }: ResourceRequest,
  options: WriteOptions,
  object: KubeObject,
): Promise<void> {
  const request = admissionRequest(operation, target, options, { subresource: subresource?.name ?? '', object });
  await registry.admission.admit(request);
  await registry.admission.validate(request);
}
