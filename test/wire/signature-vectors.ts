/** The secret of the {@link SIGNATURES}. */
export const SIGNATURE_SECRET = 'correct horse battery staple'

/** Signatures computed by other means than this library's. */
export const SIGNATURES: readonly { list: string; text: string; signature: string }[] = [
  {
    list: 'calc',
    text: '{"function_call":{"name":"add","args":[5]},"response_queue":"calc:rpc:V1StGXR8_Z5j","id":17}',
    signature: 'MbrnciQoJKgeiI23RCjXTA',
  },
  {
    list: 'calc:rpc:V1StGXR8_Z5j',
    text: '{"id":17,"return_value":4}',
    signature: 'W0PBvoE7J7OBxgAc1_tY0A',
  },
  {
    list: 'calc:rpc:V1StGXR8_Z5k',
    text: '{"id":17,"return_value":4}',
    signature: 'KsuZykC1ZAjvIqYuDj9icQ',
  },
  {
    list: 'calc:rpc:V1StGXR8_Z5j',
    text: '{"id":18,"return_value":"für 5 € 😀"}',
    signature: 'dvIKUiQ60Q_9_aGmai6cqw',
  },
]
