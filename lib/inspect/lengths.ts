/** A length that Redis gives; 0 where the key has another type: anybody may write anything under a name. */
export async function lengthOf(length: Promise<number>): Promise<number> {
  try {
    return await length
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return 0
    throw error
  }
}
