package io.fleetstop.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2SettingsFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Takes from an HTTP/2 server what it could use up of this client, and what Reactor Netty leaves to
 * the server: the memory for compressed headers, pushed replies, and connections that it has given
 * up. Runs on the event loop of the connection.
 */
final class Http2Guard extends Http2ConnectionAdapter {

  /**
   * The default of HTTP/2. Netty keeps as many bytes of headers that were sent as the server asks
   * for, up to 4 GB; a client may use less.
   */
  static final int MAX_HEADER_TABLE = 4_096;

  private final Channel channel;
  private final Http2Connection connection;

  private Http2Guard(Channel channel, Http2Connection connection) {
    this.channel = channel;
    this.connection = connection;
  }

  /**
   * Guards the connection of a stream before its request is written. Does nothing for HTTP/1.1.
   *
   * @param stream the channel of the request
   */
  static void install(Channel stream) {
    Channel channel = stream.parent();
    Http2FrameCodec codec = channel == null ? null : channel.pipeline().get(Http2FrameCodec.class);
    if (codec == null) {
      return;
    }
    Http2Connection connection = codec.connection();
    try {
      if (connection.local().allowPushTo()) {
        guard(channel, connection);
      }
      // Each time: the server may change it between any two requests.
      Http2HeadersEncoder.Configuration headers =
          codec.encoder().configuration().headersConfiguration();
      if (headers.maxHeaderTableSize() > MAX_HEADER_TABLE) {
        headers.maxHeaderTableSize(MAX_HEADER_TABLE);
      }
    } catch (Http2Exception e) {
      throw new IllegalStateException("the limits are those of a client", e);
    }
  }

  /** Nothing can be pushed before: a promise belongs to a request. */
  @SuppressWarnings("FutureReturnValueIgnored") // the request, written next, fails with it
  private static void guard(Channel channel, Http2Connection connection) throws Http2Exception {
    // At once, so that a promise ends the connection even if the server ignores the setting. Netty
    // would log each frame of a pushed reply as a failure with its stack trace.
    connection.local().allowPushTo(false);
    channel.write(new DefaultHttp2SettingsFrame(new Http2Settings().pushEnabled(false)));
    connection.addListener(new Http2Guard(channel, connection));
  }

  @Override
  public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
    // Netty closes the streams that the server has not accepted only after this.
    closeIfGivenUpLater();
  }

  @Override
  public void onStreamRemoved(Http2Stream stream) {
    // The end of its reply may not have been read by then.
    closeIfGivenUpLater();
  }

  private void closeIfGivenUpLater() {
    if (connection.goAwayReceived()) {
      channel.eventLoop().execute(this::closeIfGivenUp);
    }
  }

  /** Such a connection has a place in the pool until it is closed, and serves no request. */
  @SuppressWarnings("FutureReturnValueIgnored") // nothing is sent on the channel any more
  private void closeIfGivenUp() {
    if (connection.numActiveStreams() == 0) {
      channel.close();
    }
  }
}
