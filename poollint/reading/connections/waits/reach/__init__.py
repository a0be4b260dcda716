"""What else runs because of a call: handed functions, decorators, tasks, streams, signals."""
