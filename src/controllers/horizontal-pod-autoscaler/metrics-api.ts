import type { LabelSelectorObject } from '../../apimachinery/label-selector.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { Client } from '../../client/client.ts';
import { withQuery } from '../../client/paths.ts';
import { errorMessage } from '../../base/log.ts';
import {
  containerUsage,
  customValues,
  milliOf,
  podUsage,
  type CustomMetric,
  type PodMetrics,
  type UsageOfPod,
} from './pod-metrics.ts';

/** Which metric, in the custom or the external API. */
export interface MetricName {
  readonly name: string;
  readonly selector?: LabelSelectorObject | undefined;
}

/** An object that a custom metric is about: its resource with its group, as `ingresses.networking.k8s.io`. */
export interface Described {
  readonly resource: string;
  readonly name: string;
}

const RESOURCE = '/apis/metrics.k8s.io/v1beta1';
const CUSTOM_GROUP = 'custom.metrics.k8s.io';
const EXTERNAL_GROUP = 'external.metrics.k8s.io';
/** The versions of the custom API that can be read, best first. */
const CUSTOM_VERSIONS = ['v1beta2', 'v1beta1'];

/**
 * What autoscalers read: the APIs of resource, custom and external metrics, which others serve (metrics-server, adapters)
 * behind the aggregator. All values are thousandths. Failures are Errors whose messages say which API and why.
 */
export class MetricsApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The usage of a resource by the selected pods, or by their containers of one name. */
  async ofResource(namespace: string, selector: string, resource: string, container?: string): Promise<PodMetrics> {
    const path = `${RESOURCE}/namespaces/${encodeURIComponent(namespace)}/pods`;
    const items = await this.#items<UsageOfPod>(path, { labelSelector: selector }, 'pods.metrics.k8s.io', 'resource');
    if (container === undefined) return podUsage(items, resource);
    try {
      return containerUsage(items, resource, container);
    } catch (error) {
      throw new Error(`failed to get container metrics: ${errorMessage(error)}`, { cause: error });
    }
  }

  /** A custom metric of the selected pods. */
  async ofPods(namespace: string, selector: string, metric: MetricName): Promise<PodMetrics> {
    return customValues(await this.#custom(namespace, { resource: 'pods', name: '*' }, metric, selector));
  }

  /** A custom metric of one object of the namespace, or of the namespace itself. */
  async ofObject(namespace: string, object: Described, metric: MetricName): Promise<bigint> {
    const [item] = await this.#custom(namespace, object, metric);
    return milliOf(item!.value);
  }

  /** The values of an external metric: one for each series that its selector finds. */
  async external(namespace: string, metric: MetricName): Promise<bigint[]> {
    const scope = `/apis/${EXTERNAL_GROUP}/v1beta1/namespaces/${encodeURIComponent(namespace)}`;
    const path = `${scope}/${encodeURIComponent(metric.name)}`;
    const what = `${metric.name}.${EXTERNAL_GROUP}`;
    const items = await this.#items<CustomMetric>(path, { labelSelector: textOf(metric.selector) }, what, 'external');
    return items.map(({ value }) => milliOf(value));
  }

  async #custom(namespace: string, of: Described, metric: MetricName, labelSelector = ''): Promise<CustomMetric[]> {
    const version = await this.#customVersion();
    const scope = `/apis/${CUSTOM_GROUP}/${version}/namespaces/${encodeURIComponent(namespace)}`;
    // The namespace's own metrics stand beside those of what is in it.
    const object = of.resource === 'namespaces' ? 'metrics' : `${of.resource}/${encodeURIComponent(of.name)}`;
    const query = { labelSelector, metricLabelSelector: textOf(metric.selector) };
    const what = `${object.split('/')[0]}.${CUSTOM_GROUP}`;
    return this.#items(`${scope}/${object}/${encodeURIComponent(metric.name)}`, query, what, 'custom');
  }

  async #customVersion(): Promise<string> {
    let served: string[] = [];
    try {
      const { versions = [] } = await this.#client.raw('GET', `/apis/${CUSTOM_GROUP}`);
      served = versions.map(({ version }: { version: string }) => version);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw unreadable('custom', errorMessage(error), error);
    }
    const version = CUSTOM_VERSIONS.find((one) => served.includes(one));
    if (!version) throw unreadable('custom', `no custom metrics API (${CUSTOM_GROUP}) registered`);
    return version;
  }

  async #items<T>(path: string, query: Record<string, string>, what: string, api: string): Promise<T[]> {
    let list: { items?: T[] };
    try {
      list = await this.#client.raw('GET', withQuery(path, query));
    } catch (error) {
      throw unreadable(api, reasonOf(error, what), error);
    }
    if (!list.items?.length) throw new Error(`no metrics returned from ${api} metrics API`);
    return list.items;
  }
}

function unreadable(api: string, why: string, cause?: unknown): Error {
  return new Error(`unable to fetch metrics from ${api} metrics API: ${why}`, { cause });
}

/** The sentences that kubectl users know, where an API is not there or does not answer. */
function reasonOf(error: unknown, what: string): string {
  if (isApiError(error) && error.code === 404 && !error.details?.name) {
    return `the server could not find the requested resource (get ${what})`;
  }
  if (isApiError(error) && error.code === 503) {
    return `the server is currently unable to handle the request (get ${what})`;
  }
  return errorMessage(error);
}

function textOf(selector: LabelSelectorObject | undefined): string {
  return selector ? selectorFromObject(selector).toString() : '';
}
