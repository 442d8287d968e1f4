package io.fleetstop.redis;

/**
 * The scripts of a shared run. Each is one step that Redis takes as a whole, decides nothing that
 * Java can decide, and has the same effect if it is sent again because its reply was lost.
 *
 * <p>The keys of every script are those of {@link RunKeys}, in that order. A script replies {@code
 * gone} first if the run does not exist, and never creates it except for {@link #CREATE}.
 */
final class RunScripts {

  static final String PROLOGUE =
      """
      local head, todo, open, outcomes, workers, replies, awaited, orphans = unpack(KEYS)
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      """;

  static final String REQUIRE_RUN =
      """
      if redis.call('EXISTS', head) == 0 then return {'gone'} end
      """;

  /**
   * Creates a run, unless it exists. Arguments: the digest of the list of ids, the lease of the
   * loader in ms, and the fields of the head in pairs.
   */
  static final RedisScript CREATE =
      new RedisScript(
          PROLOGUE
              + """
              if redis.call('EXISTS', head) == 1 then return {'exists'} end
              redis.call('HSET', head, 'loaded', 0, 'taken', 0, 'wave', 0, 'worker', 0,
                'list', ARGV[1], 'loading', now + ARGV[2], unpack(ARGV, 3))
              return {'created'}
              """);

  /**
   * Adds a chunk of ids. Arguments: the digest of the list, its size, the lease of the loader in
   * ms, the number of the chunk, 1 if it is the last one, the waves of this list (their fields of
   * the head in pairs), and the ids. Replies {@code done}, {@code wait} while another process loads
   * another list, or {@code at} and the number of chunks that are there.
   */
  static final RedisScript LOAD =
      new RedisScript(
          PROLOGUE
              + REQUIRE_RUN
              + """
              if redis.call('HGET', head, 'state') ~= 'loading' then return {'done'} end
              if redis.call('HGET', head, 'list') ~= ARGV[1] then
                if now < tonumber(redis.call('HGET', head, 'loading')) then return {'wait'} end
                redis.call('DEL', todo)
                redis.call('HSET', head, 'list', ARGV[1], 'loaded', 0, 'total', ARGV[2],
                  unpack(ARGV, 6, 13))
              end
              redis.call('HSET', head, 'loading', now + ARGV[3])
              local loaded = tonumber(redis.call('HGET', head, 'loaded'))
              if loaded == tonumber(ARGV[4]) then
                if #ARGV > 13 then redis.call('RPUSH', todo, unpack(ARGV, 14)) end
                loaded = redis.call('HINCRBY', head, 'loaded', 1)
                if ARGV[5] == '1' then
                  redis.call('HSET', head, 'state', 'running')
                  redis.call('HDEL', head, 'loading')
                end
              end
              return {'at', loaded}
              """);

  /**
   * Adds a worker. Arguments: its lease in ms, and a random text. Replies with its name: its number
   * alone could be given twice by a Redis that loses its last writes.
   */
  static final RedisScript JOIN =
      new RedisScript(
          PROLOGUE
              + REQUIRE_RUN
              + """
              local worker = redis.call('HINCRBY', head, 'worker', 1) .. '-' .. ARGV[2]
              redis.call('ZADD', workers, now + ARGV[1], worker)
              return {'worker', worker}
              """);

  /** The fields of the head that change, and what else a worker must know. */
  static final String STATUS =
      """
      local function status()
        return {redis.call('HGETALL', head), redis.call('LLEN', todo), redis.call('HLEN', open),
          redis.call('ZCOUNT', workers, now, '+inf'), redis.call('XLEN', outcomes)}
      end
      """;

  /** Reads a run. Replies with its status. */
  static final RedisScript READ =
      new RedisScript(PROLOGUE + STATUS + REQUIRE_RUN + "return {'run', status()}\n");

  /**
   * Changes the state of a run. Arguments: the states from which, separated by blanks, the next
   * state, the reason, and 1 if failures up to now no longer count. Replies with its status.
   */
  static final RedisScript CHANGE =
      new RedisScript(
          PROLOGUE
              + STATUS
              + REQUIRE_RUN
              + """
              local state = redis.call('HGET', head, 'state')
              if string.find(ARGV[1], state, 1, true) then
                redis.call('HSET', head, 'state', ARGV[2], 'reason', ARGV[3])
                if ARGV[4] == '1' then
                  local failed = redis.call('HGET', head, 'FAILED') or 0
                  local unconfirmed = redis.call('HGET', head, 'UNCONFIRMED') or 0
                  local done = redis.call('XLEN', outcomes)
                  redis.call('HSET', head, 'failuresBefore', failed + unconfirmed,
                    'outcomesBefore', done, 'waveFailures', failed + unconfirmed,
                    'waveOutcomes', done)
                end
              end
              return {'run', status()}
              """);

  /**
   * Starts the next wave. Arguments: the wave that has ended, counted from 0, the counts of
   * failures and outcomes at its end, and the pause in ms.
   */
  static final RedisScript ADVANCE =
      new RedisScript(
          PROLOGUE
              + REQUIRE_RUN
              + """
              if redis.call('HGET', head, 'wave') == ARGV[1] then
                redis.call('HSET', head, 'wave', ARGV[1] + 1, 'waveFailures', ARGV[2],
                  'waveOutcomes', ARGV[3], 'waveFrom', now + ARGV[4])
              end
              return {'ok'}
              """);

  private RunScripts() {}
}
