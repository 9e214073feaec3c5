import type { SortedSet } from '../data/sorted-set.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import type { Position } from '../geo/geohash.ts'
import { circle, rectangle, type Shape } from '../geo/shape.ts'
import { ErrorReply } from '../resp/value.ts'
import { placeOf } from './geo.ts'
import { parsePosition, parseUnit } from './geo-parse.ts'
import { float, integer } from './parse.ts'

/** The options of a search command, apart from the area. */
export interface SearchForm {
  /** Center and radius come before the options, as in GEORADIUS. */
  readonly fixed?: 'position' | 'member'
  /**
   * Where the key for the result may be: after STORE and STOREDIST, as the first argument, or
   * nowhere.
   */
  readonly keeps?: 'option' | 'first'
}

/** What the command asks for. */
export class SearchRequest {
  center: Position | undefined
  /** Makes the shape from its lengths once the center is known. */
  makeShape: ((center: Position) => Shape) | undefined
  /** The shape's unit of length, in meters. */
  unit = 1
  withDistance = false
  withHash = false
  withPosition = false
  order: 'ASC' | 'DESC' | undefined
  /** 0 for no limit. */
  count = 0
  /** Return any members that match, not the nearest. */
  any = false
  /** The key that the result is stored in. */
  target: string | undefined
  storeDistance = false

  readRadius(radiusText: string, unitText: string): void {
    const radius = float(radiusText, new ErrorReply('ERR need numeric radius'))
    if (radius < 0) throw new ErrorReply('ERR radius cannot be negative')
    this.unit = parseUnit(unitText)
    const meters = radius * this.unit
    this.makeShape = (center) => circle(center, meters)
  }

  readBox(widthText: string, heightText: string, unitText: string): void {
    const width = float(widthText, new ErrorReply('ERR need numeric width'))
    const height = float(heightText, new ErrorReply('ERR need numeric height'))
    if (height < 0 || width < 0) throw new ErrorReply('ERR height or width cannot be negative')
    const unit = parseUnit(unitText)
    this.unit = unit
    this.makeShape = (center) => rectangle(center, width, height, unit)
  }

  /** Looks up the center by its member. A set that does not exist needs no center. */
  readMember(set: SortedSet | undefined, member: string): void {
    if (set === undefined) return
    this.center = placeOf(set, member)
    if (this.center === undefined) throw new ErrorReply('ERR could not decode requested zset member')
  }
}

/**
 * Reads the options of a command that searches.
 * @param at - the position of the first option
 */
export function readOptions(
  request: SearchRequest,
  argv: readonly string[],
  at: number,
  form: SearchForm,
  set: SortedSet | undefined,
): void {
  const free = form.fixed === undefined
  let center: 'member' | 'position' | undefined
  let shape: 'circle' | 'box' | undefined
  for (let i = at; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    const left = argv.length - 1 - i
    if (word === 'WITHDIST') request.withDistance = true
    else if (word === 'WITHHASH') request.withHash = true
    else if (word === 'WITHCOORD') request.withPosition = true
    else if (word === 'ANY') request.any = true
    else if (word === 'ASC' || word === 'DESC') request.order = word
    else if (word === 'COUNT' && left > 0) {
      request.count = integer(argv[++i]!)
      if (request.count <= 0) throw new ErrorReply('ERR COUNT must be > 0')
    } else if ((word === 'STORE' || word === 'STOREDIST') && left > 0 && form.keeps === 'option') {
      request.target = argv[++i]!
      request.storeDistance = word === 'STOREDIST'
    } else if (word === 'STOREDIST' && form.keeps === 'first') request.storeDistance = true
    else if (word === 'FROMMEMBER' && left > 0 && free && center !== 'position') {
      request.readMember(set, argv[++i]!)
      center = 'member'
    } else if (word === 'FROMLONLAT' && left > 1 && free && center !== 'member') {
      request.center = parsePosition(argv[++i]!, argv[++i]!)
      center = 'position'
    } else if (word === 'BYRADIUS' && left > 1 && free && shape !== 'box') {
      request.readRadius(argv[++i]!, argv[++i]!)
      shape = 'circle'
    } else if (word === 'BYBOX' && left > 2 && free && shape !== 'circle') {
      request.readBox(argv[++i]!, argv[++i]!, argv[++i]!)
      shape = 'box'
    } else throw SYNTAX_ERROR
  }
  checkOptions(request, argv[0]!, form, center !== undefined, shape !== undefined)
}

function checkOptions(
  { target, withDistance, withHash, withPosition, any, count }: SearchRequest,
  name: string,
  form: SearchForm,
  hasCenter: boolean,
  hasShape: boolean,
): void {
  if (target !== undefined && (withDistance || withHash || withPosition)) {
    const who = form.keeps === 'first' ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS'
    throw new ErrorReply(`ERR ${who} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`)
  }
  if (form.fixed === undefined && !hasCenter) {
    throw new ErrorReply(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`)
  }
  if (form.fixed === undefined && !hasShape) {
    throw new ErrorReply(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${name}`)
  }
  if (any && count === 0) throw new ErrorReply('ERR the ANY argument requires COUNT argument')
}
