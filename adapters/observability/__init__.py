"""What a process shows of itself: logs, traces, and the files that watch its metrics."""
