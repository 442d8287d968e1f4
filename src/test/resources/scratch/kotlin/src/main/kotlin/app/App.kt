package app

import io.fleetstop.EcsClient
import io.fleetstop.fleet.FleetShutdown
import io.fleetstop.fleet.ShutdownOptions
import io.fleetstop.fleet.ShutdownOutcome
import io.fleetstop.model.InstanceId
import java.net.URI
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactor.asFlux
import kotlinx.coroutines.reactor.awaitSingleOrNull
import kotlinx.coroutines.runBlocking

object App {
  @JvmStatic
  fun main(args: Array<String>) = runBlocking {
    val client = EcsClient.builder().endpoint(URI.create(args[0])).region(args[1]).build()
    val shutdown = FleetShutdown.create(client, ShutdownOptions.defaults())
    val outcomes =
      shutdown.stop(args.asFlow().drop(2).map { InstanceId.of(it) }.asFlux()).asFlow().toList()
    val failed = outcomes.filterIsInstance<ShutdownOutcome.Failed>()
    println(
      "stopped ${outcomes.count { it is ShutdownOutcome.Stopped }}, " +
        "failed ${failed.map { it.error().errorCode().code() }}"
    )
    client.closeAsync().awaitSingleOrNull()
    Unit
  }
}
