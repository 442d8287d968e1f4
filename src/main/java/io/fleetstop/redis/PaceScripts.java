package io.fleetstop.redis;

/**
 * The scripts of a shared quota. One hash has it all: the rate with its state, the next free slot,
 * and a ring of counts in slots of 50 ms. Times are microseconds of Redis.
 *
 * <p>The rate is decided in Java: the scripts count, compare and lease.
 */
final class PaceScripts {

  /** Numbers are written whole: Lua's own format has 14 digits, and a time has 16. */
  private static final String COMMON =
      """
      local time = redis.call('time')
      local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
      local function whole(number) return string.format('%.0f', number) end
      """;

  /**
   * KEYS: quota, members. ARGV: member, wanted, fixed, burst, rate and state of the seed, accepted,
   * rejected, unused, tested rate, epoch and revision of the seed, the greatest delay, and the
   * least and the greatest rate.
   *
   * <p>A hash that something else has changed, so that it is no quota, is replaced by the seed.
   *
   * <p>The seed is taken by a server that has no rate, after a restart for example, or an older
   * one, after a failover.
   *
   * <p>A slot is leased by GCRA: {@code next} is the instant of the next free one, at most the
   * burst behind the clock. A lease has at most 50 ms worth of the rate, or one slot.
   */
  static final RedisScript LEASE =
      new RedisScript(
          COMMON
              + """
              local key, ring, keep = KEYS[1], 21, 3600
              local floor, ceiling = tonumber(ARGV[14]), tonumber(ARGV[15])

              local function isQuota()
                if redis.call('type', key).ok ~= 'hash' then return false end
                local all, fields = redis.call('hgetall', key), {}
                for i = 1, #all, 2 do
                  local name, value = all[i], all[i + 1]
                  local number = tonumber(value)
                  fields[name] = number or value
                  local form = (name == 'rate' or name == 'tested') and '^[%d.eE+-]+$' or '^%d+$'
                  if name ~= 'state' and not (number and number >= 0 and number <= 9e15
                      and string.match(value, form)) then
                    return false
                  end
                  if string.match(name, '^[aru]%d') and number > 1e6 then return false end
                end
                for _, name in ipairs({'epoch', 'revision', 'rate', 'state', 'next', 'slot',
                    'tested'}) do
                  if not fields[name] then return false end
                end
                local hour = 3600000000
                return fields.slot * 50000 <= now + hour
                  and fields.next <= now + 2 * hour + 100 * 1000000 / floor
              end
              if not isQuota() then redis.call('del', key) end
              if redis.call('type', KEYS[2]).ok ~= 'zset' then redis.call('del', KEYS[2]) end

              local known = redis.call('hmget', key, 'epoch', 'revision')
              local epoch, revision = tonumber(ARGV[11]), tonumber(ARGV[12])
              if not known[1] then
                epoch = math.max(now, epoch + 1)
                redis.call('hset', key, 'epoch', whole(epoch), 'revision', whole(epoch),
                  'rate', ARGV[5], 'state', ARGV[6], 'next', whole(now), 'slot', 0, 'tested', 0)
              elseif tonumber(known[1]) < epoch
                  or (tonumber(known[1]) == epoch and tonumber(known[2]) < revision) then
                redis.call('hset', key, 'epoch', whole(epoch), 'revision', whole(revision),
                  'rate', ARGV[5], 'state', ARGV[6])
              end
              local quota = redis.call('hmget', key, 'epoch', 'revision', 'rate', 'state', 'next',
                'slot', 'tested')
              local rate = quota[3]
              if ARGV[3] == '1' then rate = ARGV[5] end
              if tonumber(rate) < floor then rate = ARGV[14] end
              if tonumber(rate) > ceiling then rate = ARGV[15] end
              local interval = 1000000 / tonumber(rate)

              local slot, last = math.floor(now / 50000), tonumber(quota[6])
              local function field(name, number) return name .. (number % ring) end
              if slot > last then
                for number = math.max(last + 1, slot - ring + 1), slot do
                  redis.call('hset', key, field('a', number), 0, field('r', number), 0,
                    field('u', number), 0)
                end
                redis.call('hset', key, 'slot', whole(slot))
              end
              redis.call('hincrby', key, field('a', slot), ARGV[7])
              redis.call('hincrby', key, field('r', slot), ARGV[8])
              redis.call('hincrby', key, field('u', slot), ARGV[9])
              local tested = quota[7]
              if tonumber(ARGV[10]) > 0 then
                tested = ARGV[10]
                redis.call('hset', key, 'tested', tested)
              end

              local first = math.max(tonumber(quota[5]), now - (tonumber(ARGV[4]) - 1) * interval)
              local count = math.min(tonumber(ARGV[2]), math.max(1, math.floor(tonumber(rate) / 20)))
              if first - now > tonumber(ARGV[13]) then count = 0 end
              if count > 0 then
                redis.call('hset', key, 'next', whole(first + count * interval))
              end

              redis.call('zadd', KEYS[2], whole(now), ARGV[1])
              redis.call('zremrangebyscore', KEYS[2], '-inf', whole(now - 5000000))
              redis.call('expire', key, keep)
              redis.call('expire', KEYS[2], keep)

              local names = {}
              for _, name in ipairs({'a', 'r', 'u'}) do
                for back = 0, ring - 1 do names[#names + 1] = field(name, slot - back) end
              end
              return {whole(now), quota[1], quota[2], rate, quota[4], count, whole(first - now),
                redis.call('zcard', KEYS[2]), tested,
                table.concat(redis.call('hmget', key, unpack(names)), ' ')}
              """);

  /**
   * KEYS: quota. ARGV: revision, rate, state, fence, hold in microseconds, channel.
   *
   * <p>With a fence the slots that are leased already become invalid, and are free again.
   */
  static final RedisScript DECIDE =
      new RedisScript(
          COMMON
              + """
              local key = KEYS[1]
              local quota = redis.call('hmget', key, 'epoch', 'revision', 'rate', 'state')
              if not quota[1] then return {'0', '0', ARGV[2], ARGV[3]} end
              if quota[2] ~= ARGV[1] then return quota end
              quota = {quota[1], whole(tonumber(quota[2]) + 1), ARGV[2], ARGV[3]}
              redis.call('hset', key, 'revision', quota[2], 'rate', quota[3], 'state', quota[4])
              if ARGV[4] == '1' then
                quota[1] = whole(tonumber(quota[1]) + 1)
                redis.call('hset', key, 'epoch', quota[1], 'next', whole(now + tonumber(ARGV[5])))
                redis.call('publish', ARGV[6], table.concat(quota, ' '))
              end
              return quota
              """);

  private PaceScripts() {}
}
