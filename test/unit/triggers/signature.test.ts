import fc from 'fast-check';
import { signWebhook, verifyWebhook } from '../../../engine/webhooks/index.js';

const now = 1_614_265_330_000;
const within = { now, toleranceSeconds: 300 };
/** The example of the libraries of Standard Webhooks. */
const example = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('the signature of a webhook', () => {
  it('is that of Standard Webhooks', () => {
    const { secret, id, body, signature } = example;
    expect(signWebhook(secret, id, now, body)).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
    });
  });

  it.each<[string, object, object]>([
    ['is right', {}, { id: example.id }],
    ['is one of several', { 'webhook-signature': `v1,AAAA v2,BBBB ${example.signature}` }, { id: example.id }],
    ['is missing', { 'webhook-signature': undefined }, { refusal: 'unsigned' }],
    ['has no time', { 'webhook-timestamp': 'now' }, { refusal: 'untimed' }],
    ['is of another id', { 'webhook-id': 'msg_other' }, { refusal: 'wrong' }],
    ['is of another time', { 'webhook-timestamp': '1614265331' }, { refusal: 'wrong' }],
    ['is cut short', { 'webhook-signature': example.signature.slice(0, 20) }, { refusal: 'wrong' }],
    ['is empty', { 'webhook-signature': 'v1,' }, { refusal: 'wrong' }],
  ])('that %s', (_, change, verdict) => {
    const { secret, id, body } = example;
    expect(verifyWebhook(secret, { ...signWebhook(secret, id, now, body), ...change }, body, within)).toEqual(verdict);
  });

  it('is believed up to its tolerance, before and after', () => {
    const { secret, id, body } = example;
    for (const [seconds, verdict] of [
      [300, { id }],
      [-300, { id }],
      [301, { refusal: 'expired' }],
      [-301, { refusal: 'expired' }],
    ] as const) {
      const headers = { ...signWebhook(secret, id, now - seconds * 1000, body) };
      expect(verifyWebhook(secret, headers, body, within)).toEqual(verdict);
    }
  });

  it('of any body is believed with its key and no other', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.uint8Array(), (key, other, bytes) => {
        const body = Buffer.from(bytes);
        const headers = { ...signWebhook(key, 'id', now, body) };
        expect(verifyWebhook(key, headers, body, within)).toEqual({ id: 'id' });
        const sameKey = !verifiable(key).equals(verifiable(other));
        if (sameKey) expect(verifyWebhook(other, headers, body, within)).toEqual({ refusal: 'wrong' });
      }),
    );
  });
});

/** HMAC fills short keys up with zeros. */
function verifiable(key: string): Buffer {
  return Buffer.from(key.replace(/\0+$/, ''));
}
