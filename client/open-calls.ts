import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

/** Calls to the server that are under way, and a way to end them. */
export interface OpenCalls {
  /** For the connection; the SDK’s own retries are among them. */
  interceptors: Interceptor[];
  /** Cancels every call, and every further one. */
  cancel(): void;
}

/**
 * The SDK retries a call on a timer that nothing takes back; on a connection that was closed in the meantime that would be
 * an uncaught exception. So calls are cancelled first, and no longer retried.
 */
export function trackCalls(): OpenCalls {
  const open = new Set<Call>();
  let cancelled = false;
  const end = (call: Call) => call.cancelWithStatus(GRPC_CANCELLED, 'the connection was closed');

  const retryOptions = defaultGrpcRetryOptions();
  const retry = makeGrpcRetryInterceptor({
    ...retryOptions,
    retryableDecider: (attempt, status) => !cancelled && retryOptions.retryableDecider(attempt, status),
  });

  const track: Interceptor = (options, nextCall) => {
    const call = nextCall(options) as Call;
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      open.add(call);
      start(metadata, {
        onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
        onReceiveMessage: (message) => {
          listener?.onReceiveMessage?.(message);
        },
        onReceiveStatus: (status) => {
          open.delete(call);
          listener?.onReceiveStatus?.(status);
        },
      });
      // A retry that was on its timer when the calls were cancelled.
      if (cancelled) setImmediate(() => end(call));
    };
    return call;
  };

  return {
    interceptors: [retry, track],
    cancel: () => {
      cancelled = true;
      for (const call of open) end(call);
    },
  };
}

const GRPC_CANCELLED = 1;
