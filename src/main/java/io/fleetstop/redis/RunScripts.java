package io.fleetstop.redis;

/**
 * The scripts of a shared run. Each is one step that Redis takes as a whole, decides nothing that
 * Java can decide, and has the same effect if it is sent again because its reply was lost.
 *
 * <p>The keys of every script are those of {@link RunKeys}, in that order. A script replies {@code
 * gone} first if the run does not exist, and never creates it except for {@link #CREATE}.
 */
final class RunScripts {

  private static final String PROLOGUE =
      """
      local head, todo, open, outcomes, workers, replies, awaited, orphans = unpack(KEYS)
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      """;

  private static final String REQUIRE_RUN =
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

  /** Adds a worker. Argument: its lease in ms. Replies with its number. */
  static final RedisScript JOIN =
      new RedisScript(
          PROLOGUE
              + REQUIRE_RUN
              + """
              local worker = redis.call('HINCRBY', head, 'worker', 1)
              redis.call('ZADD', workers, now + ARGV[1], worker)
              return {'worker', worker}
              """);

  /** The fields of the head that change, and what else a worker must know. */
  private static final String STATUS =
      """
      local function status()
        return {redis.call('HGETALL', head), redis.call('LLEN', todo), redis.call('HLEN', open),
          redis.call('ZCOUNT', workers, now, '+inf')}
      end
      """;

  /**
   * Ends the lease of a worker: its instances without an intent go back to the ids to do, the
   * others become orphans.
   */
  private static final String RELEASE =
      """
      local function setAwaited(worker, count)
        local before = tonumber(redis.call('HGET', awaited, worker) or 0)
        if count ~= before then
          redis.call('HINCRBY', head, 'awaited', count - before)
          redis.call('HSET', awaited, worker, count)
        end
      end

      local function release(worker)
        redis.call('ZREM', workers, worker)
        redis.call('HDEL', replies, worker)
        setAwaited(worker, 0)
        redis.call('HDEL', awaited, worker)
        local all = redis.call('HGETALL', open)
        for i = 1, #all, 2 do
          local id, held = all[i], all[i + 1]
          if held == worker .. 'c' then
            redis.call('HSET', open, id, '0c')
            redis.call('RPUSH', orphans, id)
          elseif held == worker .. 't' then
            redis.call('HDEL', open, id)
            redis.call('LPUSH', todo, id)
            redis.call('HINCRBY', head, 'taken', -1)
          end
        end
      end
      """;

  /**
   * Whether the run exceeds its failure limit: as {@link SharedRunDecisions#failure}, but in the
   * step that records an intent, so that a worker whose counts are old sends no other call.
   */
  private static final String LIMIT =
      """
      local function isLimitExceeded()
        local run = redis.call('HMGET', head, 'state', 'limit', 'FAILED', 'UNCONFIRMED',
          'failuresBefore', 'outcomesBefore', 'awaited')
        if run[1] == 'failed' then return true end
        local function number(index) return tonumber(run[index] or 0) or 0 end
        local failures = number(3) + number(4) - number(5)
        local percent = string.match(run[2] or '', '^(.*)%%$')
        if not percent then return failures > number(2) end
        local answered = redis.call('XLEN', outcomes) + number(7) - number(6)
        return answered >= 20 and failures * 100 > (tonumber(percent) or 0) * answered
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

  /**
   * Exchanges what a worker did for what it may do, and extends its lease. Arguments: the worker,
   * the number of the exchange, the lease in ms, the number of instances that the worker awaits,
   * the number of ids wanted; the numbers of outcomes and of intents; then the outcomes (id, kind,
   * text) and the ids of the intents. The instances of a worker whose lease has expired are
   * released. Orphans are taken first, and marked {@code !}.
   *
   * <p>Replies {@code lost} if the worker's own lease was taken, else its status, one digit for
   * each outcome and intent, and the ids. The digits are 1 for stored, 0 if another worker has the
   * instance, and 2 for an intent that is refused because the run exceeded its failure limit.
   */
  static final RedisScript EXCHANGE =
      new RedisScript(
          PROLOGUE
              + STATUS
              + RELEASE
              + LIMIT
              + REQUIRE_RUN
              + """
              local worker = ARGV[1]
              if not redis.call('ZSCORE', workers, worker) then return {'lost'} end
              redis.call('ZADD', workers, now + ARGV[3], worker)
              local last = redis.call('HGET', replies, worker)
              if last then
                local kept = cmsgpack.unpack(last)
                if kept[1] == ARGV[2] then return {'ok', status(), kept[2], kept[3]} end
              end

              local dead = redis.call('ZRANGEBYSCORE', workers, '-inf', now, 'LIMIT', 0, 1)[1]
              if dead then release(dead) end

              local function flagOf(id)
                local held = redis.call('HGET', open, id)
                return held and string.sub(held, 1, -2) == worker and string.sub(held, -1)
              end

              local results = {}
              local at = 8
              for i = 1, ARGV[6] do
                if flagOf(ARGV[at]) then
                  redis.call('HDEL', open, ARGV[at])
                  redis.call('XADD', outcomes, '*', 'o', ARGV[at + 2])
                  redis.call('HINCRBY', head, ARGV[at + 1], 1)
                  results[#results + 1] = '1'
                else
                  results[#results + 1] = '0'
                end
                at = at + 3
              end
              setAwaited(worker, tonumber(ARGV[4]))
              local refused = isLimitExceeded()
              for i = 1, ARGV[7] do
                local flag = flagOf(ARGV[at])
                if flag == 't' and not refused then
                  redis.call('HSET', open, ARGV[at], worker .. 'c')
                end
                results[#results + 1] = not flag and '0' or refused and '2' or '1'
                at = at + 1
              end

              local ids = {}
              local want = tonumber(ARGV[5])
              local run = redis.call('HMGET', head, 'state', 'waveFrom', 'wave', 'taken', 'waves')
              if run[1] == 'running' and want > 0 then
                while want > 0 do
                  local id = redis.call('LPOP', orphans)
                  if not id then break end
                  redis.call('HSET', open, id, worker .. 'c')
                  ids[#ids + 1] = '!' .. id
                  want = want - 1
                end
                local number = 0
                for size in string.gmatch(run[5], '%d+') do
                  if number == tonumber(run[3]) then
                    want = math.min(want, size - run[4])
                    break
                  end
                  number = number + 1
                end
                if want > 0 and now >= tonumber(run[2] or 0) then
                  for _, id in ipairs(redis.call('LPOP', todo, want) or {}) do
                    redis.call('HSET', open, id, worker .. 't')
                    redis.call('HINCRBY', head, 'taken', 1)
                    ids[#ids + 1] = id
                  end
                end
              end
              local flags = table.concat(results)
              if flags ~= '' or #ids > 0 then
                redis.call('HSET', replies, worker, cmsgpack.pack({ARGV[2], flags, ids}))
              end
              if redis.call('XLEN', outcomes) == tonumber(redis.call('HGET', head, 'total'))
                  and redis.call('HSETNX', head, 'ended', now) == 1 then
                for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 604800) end
              end
              return {'ok', status(), flags, ids}
              """);

  /** Releases the instances of a worker that has ended. Argument: the worker. */
  static final RedisScript LEAVE =
      new RedisScript(
          PROLOGUE
              + RELEASE
              + REQUIRE_RUN
              + """
              if redis.call('ZSCORE', workers, ARGV[1]) then release(ARGV[1]) end
              return {'ok'}
              """);

  private RunScripts() {}
}
